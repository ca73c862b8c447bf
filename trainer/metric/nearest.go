package metric

import (
	"math"
	"slices"
)

// Thumbnail reduces an image of size × size values to side × side, and scales it
// to zero mean and unit deviation.
func Thumbnail(x []float32, size, side int) []float64 {
	small := Shrink(x, size, side)
	out := make([]float64, len(small))
	var mean, square float64
	for i, v := range small {
		out[i] = float64(v)
		mean += out[i] / float64(len(out))
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

// Euclid returns the Euclidean distance of two points.
func Euclid(p, o []float64) float64 { return math.Sqrt(within(p, o, math.Inf(1))) }

// Nearest returns the Euclidean distance of each point from the nearest of
// others, and the index of that one.
func Nearest(points, others [][]float64) (distances []float64, index []int) {
	for _, p := range points {
		best, at := math.Inf(1), -1
		for i, o := range others {
			if d := within(p, o, best); d < best {
				best, at = d, i
			}
		}
		distances, index = append(distances, math.Sqrt(best)), append(index, at)
	}
	return distances, index
}

// within returns the square of the distance of two points, or some value of at
// least limit if the square is not below it.
func within(p, o []float64, limit float64) (sum float64) {
	const block = 16 // values between two looks at the limit
	for from := 0; from < len(p) && sum < limit; from += block {
		for k := from; k < min(from+block, len(p)); k++ {
			sum += sq(p[k] - o[k])
		}
	}
	return sum
}

// BelowPercentile returns the share of values below a percentile, in [0, 1], of a
// reference.
func BelowPercentile(values, reference []float64, percentile float64) float64 {
	bound := Percentile(reference, percentile)
	below := 0
	for _, v := range values {
		if v < bound {
			below++
		}
	}
	return float64(below) / float64(len(values))
}

// Percentile returns the value below which that part, in [0, 1], of a list lies.
func Percentile(list []float64, percentile float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(int(percentile*float64(len(sorted))), len(sorted)-1)]
}
