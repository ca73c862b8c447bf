// Package metric measures sets of images: how far apart they are, how sharp, and
// how well a classifier distinguishes one set from another. Package internal/metric
// compares two images.
package metric

import images "github.com/roentgo/roentgo/internal/metric"

// MeanDistance is the mean [images.Distance] between all pairs of images: how much a
// set varies.
func MeanDistance(list [][]float32) float64 {
	var sum float64
	pairs := 0
	for i := range list {
		for j := range i {
			sum += images.Distance(list[i], list[j])
			pairs++
		}
	}
	return sum / float64(max(pairs, 1))
}
