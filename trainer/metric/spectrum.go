package metric

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Spectrum is the mean power of images of size × size values at each whole
// radial frequency, from 0 to size/2 cycles per image, after a Hann window and
// without the mean (Welch 1967). Frequencies beyond Nyquist, in the corners of
// the plane, are left out.
func Spectrum(images [][]float32, size int) []float64 {
	window := make([]float64, size)
	for i := range window {
		window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(size))
	}
	transform := fourier.NewCmplxFFT(size)
	power, count := make([]float64, size/2+1), make([]float64, size/2+1)
	plane, column := make([]complex128, size*size), make([]complex128, size)
	for _, x := range images {
		var mean float64
		for _, v := range x {
			mean += float64(v) / float64(len(x))
		}
		for i, v := range x {
			plane[i] = complex((float64(v)-mean)*window[i/size]*window[i%size], 0)
		}
		for r := range size {
			transform.Coefficients(plane[r*size:(r+1)*size], plane[r*size:(r+1)*size])
		}
		for c := range size {
			for r := range size {
				column[r] = plane[r*size+c]
			}
			transform.Coefficients(column, column)
			for r, v := range column {
				f := int(math.Round(math.Hypot(signed(r, size), signed(c, size))))
				if f < len(power) {
					power[f] += sq(cmplx.Abs(v))
					count[f]++
				}
			}
		}
	}
	for f := range power {
		power[f] /= max(count[f], 1)
	}
	return power
}

// signed is the frequency of coefficient i.
func signed(i, size int) float64 {
	if i > size/2 {
		i -= size
	}
	return float64(i)
}

func sq(x float64) float64 { return x * x }

// Detail is the power of images above a quarter of the Nyquist frequency, divided
// by that of others. It is 1 if they are equally sharp. Each frequency counts by
// the number of its coefficients.
func Detail(images, others []float64) float64 {
	sum := func(power []float64) (s float64) {
		for f := len(power) / 4; f < len(power); f++ {
			s += power[f] * float64(f)
		}
		return s
	}
	return sum(images) / sum(others)
}
