package metric

import (
	"math"
	"slices"
)

// Thumbnail is an image of size × size values, reduced to side × side by means
// of squares and brought to zero mean and unit deviation.
func Thumbnail(x []float32, size, side int) []float64 {
	step := size / side
	out := make([]float64, side*side)
	for r := range side * step {
		for c := range side * step {
			out[r/step*side+c/step] += float64(x[r*size+c]) / float64(step*step)
		}
	}
	var mean, square float64
	for _, v := range out {
		mean += v / float64(len(out))
	}
	for _, v := range out {
		square += sq(v-mean) / float64(len(out))
	}
	scale := 1 / math.Sqrt(max(square, 1e-12))
	for i := range out {
		out[i] = (out[i] - mean) * scale
	}
	return out
}

// Nearest is the Euclidean distance of each point from the nearest of others.
func Nearest(points, others [][]float64) []float64 {
	list := make([]float64, len(points))
	for i, p := range points {
		best := math.Inf(1)
		for _, o := range others {
			var sum float64
			for k, v := range p {
				if sum += sq(v - o[k]); sum >= best {
					break
				}
			}
			best = min(best, sum)
		}
		list[i] = math.Sqrt(best)
	}
	return list
}

// BelowPercentile is the share of values that lie below the given percentile, in
// [0, 1], of a reference.
func BelowPercentile(values, reference []float64, percentile float64) float64 {
	sorted := slices.Sorted(slices.Values(reference))
	bound := sorted[min(int(percentile*float64(len(sorted))), len(sorted)-1)]
	below := 0
	for _, v := range values {
		if v < bound {
			below++
		}
	}
	return float64(below) / float64(len(values))
}
