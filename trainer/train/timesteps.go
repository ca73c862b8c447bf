//go:build libtorch

package train

// band is a range of timesteps with its share of all draws.
type band struct {
	from, to float64 // parts of T
	share    float64
}

// timestepBands is how timesteps are drawn: mostly uniform over the lower four
// fifths; more often where findings are decided, around the middle; less often
// in the noisiest fifth, where there is little to learn but the mean image.
var timestepBands = []band{{0, 0.8, 0.7}, {0.45, 0.75, 0.2}, {0.8, 1, 0.1}}

// timestepAt maps a uniform u in [0, 1) to a timestep in [0, T) whose
// distribution is that of timestepBands. It rises with u, so that u from equal
// parts of [0, 1) give timesteps from equal parts of the distribution.
func timestepAt(u float64, T int) int {
	for t := range T {
		// The share of the timesteps up to t, t included.
		var sum float64
		for _, b := range timestepBands {
			part := (float64(t+1)/float64(T) - b.from) / (b.to - b.from)
			sum += b.share * min(max(part, 0), 1)
		}
		if u < sum {
			return t
		}
	}
	return T - 1
}
