// Package metric measures images: how like another one is, and how far apart
// two sets of images are.
package metric

import "math"

// Gaussian window of Wang et al. 2004: 11 taps, standard deviation 1.5.
const (
	windowRadius = 5
	windowSigma  = 1.5
	window       = 2*windowRadius + 1 // a side
)

// SSIM is the mean structural similarity of two images of width×height values,
// row-major, over the value range dataRange (Wang, Bovik, Sheikh, Simoncelli
// 2004, eq. 13: Gaussian window, K1 = 0.01, K2 = 0.03). Only windows that lie
// inside the image count. 1 means equal.
//
// It panics when the lengths do not fit or the image is smaller than the
// window, 11 by 11.
func SSIM(x, y []float32, width, height int, dataRange float64) float64 {
	if len(x) != width*height || len(y) != len(x) || width < window || height < window {
		panic("metric: SSIM of images whose sizes do not fit")
	}
	similarity, _ := similarities(floats(x), floats(y), width, height, dataRange)
	return similarity
}

// similarities are the means over all windows of the structural similarity and of
// its part that is contrast and structure alone.
func similarities(x, y []float64, width, height int, dataRange float64) (similarity, contrast float64) {
	c1, c2 := sq(0.01*dataRange), sq(0.03*dataRange)
	xx, yy, xy := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
	for i, a := range x {
		b := y[i]
		xx[i], yy[i], xy[i] = a*a, b*b, a*b
	}
	mx, my := blur(x, width, height), blur(y, width, height)
	sxx, syy, sxy := blur(xx, width, height), blur(yy, width, height), blur(xy, width, height)
	n := float64(len(mx))
	for i := range mx {
		vx, vy, cov := sxx[i]-mx[i]*mx[i], syy[i]-my[i]*my[i], sxy[i]-mx[i]*my[i]
		c := (2*cov + c2) / (vx + vy + c2)
		contrast += c / n
		similarity += (2*mx[i]*my[i] + c1) / (mx[i]*mx[i] + my[i]*my[i] + c1) * c / n
	}
	return similarity, contrast
}

func floats(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func sq(x float64) float64 { return x * x }

// blur filters with the Gaussian window, rows then columns, and keeps what the
// window covers whole: (height−10) × (width−10) values.
func blur(x []float64, width, height int) []float64 {
	var tap [window]float64
	var total float64
	for i := range tap {
		tap[i] = math.Exp(-sq(float64(i-windowRadius)) / (2 * windowSigma * windowSigma))
		total += tap[i]
	}
	for i := range tap {
		tap[i] /= total
	}
	w, h := width-2*windowRadius, height-2*windowRadius
	rows := make([]float64, w*height)
	for r := range height {
		for c := range w {
			var s float64
			for i, t := range tap {
				s += t * x[r*width+c+i]
			}
			rows[r*w+c] = s
		}
	}
	out := make([]float64, w*h)
	for r := range h {
		for c := range w {
			var s float64
			for i, t := range tap {
				s += t * rows[(r+i)*w+c]
			}
			out[r*w+c] = s
		}
	}
	return out
}

// MSE is the mean of (x − y)². It panics when the lengths differ.
func MSE(x, y []float32) float64 {
	if len(x) != len(y) {
		panic("metric: images of different sizes")
	}
	var sum float64
	for i := range x {
		sum += sq(float64(x[i]) - float64(y[i]))
	}
	return sum / float64(len(x))
}

// PSNR is the peak signal-to-noise ratio in decibels over the value range
// dataRange; +Inf for equal images. It panics when the lengths differ.
func PSNR(x, y []float32, dataRange float64) float64 {
	return 10 * math.Log10(sq(dataRange)/MSE(x, y))
}
