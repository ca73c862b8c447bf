package metric

import (
	"fmt"
	"math"
)

// bands of [Features] are octaves of detail, and a square's rest.
const (
	bands   = 5
	squares = 4 // a side
)

// faintest is half a grey level of 8 bits.
const faintest = 1.0 / 255

// FeatureLen is how many features an image has.
const FeatureLen = (bands + 1) * squares * squares

// FeatureUnit divides the size of images that have features.
const FeatureUnit = squares << bands

// Features describes an image of size×size values by what it shows where: in
// each of 4 by 4 squares the mean, and for each of five octaves of detail,
// finest first, the logarithm of the root mean square of what the octave adds
// (Burt and Adelson 1983: differences of an image and its half, enlarged). It
// needs no trained network, and says whether images are as bright, as sharp and
// as noisy as others, not whether a person would call them alike. Values are of
// [−1, 1]; detail of less than half a grey level of 8 bits, which nobody sees,
// counts as that much.
//
// It panics where size is not a multiple of FeatureUnit.
func Features(pix []float32, size int) []float64 {
	if size%FeatureUnit != 0 || len(pix) != size*size {
		panic(fmt.Sprintf("metric: features of %d values of %d a side", len(pix), size))
	}
	x := make([]float64, len(pix))
	for i, v := range pix {
		x[i] = float64(v)
	}
	var list []float64
	for range bands {
		half := halved(x, size)
		detail := make([]float64, len(x))
		for r := range size {
			for c := range size {
				d := x[r*size+c] - half[r/2*(size/2)+c/2]
				detail[r*size+c] = d * d
			}
		}
		for _, m := range squareMeans(detail, size) {
			list = append(list, math.Log(max(math.Sqrt(m), faintest)))
		}
		x, size = half, size/2
	}
	return append(list, squareMeans(x, size)...)
}

// halved is the mean of each two by two values.
func halved(x []float64, size int) []float64 {
	h := size / 2
	out := make([]float64, h*h)
	for r := range h {
		for c := range h {
			i := 2*r*size + 2*c
			out[r*h+c] = (x[i] + x[i+1] + x[i+size] + x[i+size+1]) / 4
		}
	}
	return out
}

func squareMeans(x []float64, size int) []float64 {
	side := size / squares
	means := make([]float64, squares*squares)
	for r := range side * squares {
		for c := range side * squares {
			means[r/side*squares+c/side] += x[r*size+c] / float64(side*side)
		}
	}
	return means
}

// Frechet is the Fréchet distance between the normal distributions that two
// sets of feature vectors suggest (Dowson and Landau 1982), with independent
// features, divided by their number: the mean of (μ−μ′)² + (σ−σ′)². Of
// [Features], 0.01 is a difference of a tenth in every octave's contrast.
func Frechet(a, b [][]float64) float64 {
	var sum float64
	for k := range b[0] {
		meanA, stdA := moments(a, k)
		meanB, stdB := moments(b, k)
		sum += sq(meanA-meanB) + sq(stdA-stdB)
	}
	return sum / float64(len(b[0]))
}

// moments are mean and deviation of feature k.
func moments(set [][]float64, k int) (mean, std float64) {
	for _, v := range set {
		mean += v[k] / float64(len(set))
	}
	for _, v := range set {
		std += sq(v[k]-mean) / float64(len(set))
	}
	return mean, math.Sqrt(std)
}
