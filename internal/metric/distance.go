package metric

import "math"

// Distance is the root of the mean square of a − b, which are of one length.
func Distance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum / float64(len(a)))
}

// Spread is the distance of two vectors of one length as a part of the mean of
// their sizes: 0 where they are equal, 2 where they are opposite. Those of two
// texts are near 0 where a text encoder makes no difference between them.
func Spread(a, b []float32) float64 {
	zero := make([]float32, len(a))
	size := (Distance(a, zero) + Distance(b, zero)) / 2
	return Distance(a, b) / max(size, math.SmallestNonzeroFloat32)
}
