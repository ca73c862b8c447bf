// Package metric measures sets of images: how far apart they are, how sharp, and
// how well a classifier distinguishes one set from another. Package internal/metric
// compares two images.
package metric

import "math"

// Distance is the root of the mean square of a − b.
func Distance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		sum += sq(float64(a[i]) - float64(b[i]))
	}
	return math.Sqrt(sum / float64(len(a)))
}

// MeanDistance is the mean [Distance] between all pairs of images: how much a
// set varies.
func MeanDistance(images [][]float32) float64 {
	var sum float64
	pairs := 0
	for i := range images {
		for j := range i {
			sum += Distance(images[i], images[j])
			pairs++
		}
	}
	return sum / float64(max(pairs, 1))
}
