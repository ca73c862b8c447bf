// Package metric measures what a prompt does to sets of images, and how far
// apart their images are. Package sampler/metric compares two images.
package metric

import (
	"math"

	"github.com/roentgo/roentgo/sampler/noise"
)

// PairedEffect tells whether two sets of images that differ in one thing, pair
// by pair (two prompts under one seed), differ by it.
type PairedEffect struct {
	Mean []float32 // the mean of a − b, a pixel
	// Effect is the root mean square of Mean; Permuted are those of the same
	// pairs with a and b swapped at random in each, from the smallest: what
	// there would be if the prompts did not matter.
	Effect   float64
	Permuted []float64
	// P is the part of all of these that is at least Effect: a permutation
	// test (Fisher 1935).
	P float64
}

// Paired computes the effect from pairs of images, with n permutations by a
// seed.
func Paired(a, b [][]float32, n int, seed uint64) PairedEffect {
	e := PairedEffect{Mean: meanDifference(a, b, func(int) bool { return false })}
	e.Effect = rootMeanSquare(e.Mean)
	above := 1
	for k := range n {
		swapped := meanDifference(a, b, func(i int) bool { return noise.Uint32(seed, uint32(i), uint32(k), noise.StreamTraining)&1 == 1 })
		v := rootMeanSquare(swapped)
		if v >= e.Effect {
			above++
		}
		e.Permuted = append(e.Permuted, v)
	}
	e.P = float64(above) / float64(n+1)
	return e
}

func meanDifference(a, b [][]float32, swap func(i int) bool) []float32 {
	mean := make([]float32, len(a[0]))
	for i := range a {
		x, y := a[i], b[i]
		if swap(i) {
			x, y = y, x
		}
		for p := range mean {
			mean[p] += (x[p] - y[p]) / float32(len(a))
		}
	}
	return mean
}

func rootMeanSquare(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)))
}

// MeanDistance is the mean root-mean-square difference between all pairs of
// images: how much a set varies.
func MeanDistance(images [][]float32) float64 {
	var sum float64
	pairs := 0
	d := make([]float32, len(images[0]))
	for i := range images {
		for j := range i {
			for p := range d {
				d[p] = images[i][p] - images[j][p]
			}
			sum += rootMeanSquare(d)
			pairs++
		}
	}
	return sum / float64(max(pairs, 1))
}
