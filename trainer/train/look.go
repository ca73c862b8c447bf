//go:build libtorch

package train

import (
	"math"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/trainer/dataset"
)

// look is a random change of a training image for a classifier. It is zoomed,
// shifted, turned and brighter or darker, at its full size, then blurred and
// noisy at the classifier's, so that neither place nor exposure nor sharpness
// decides: generated images are less sharp than real ones.
type look struct {
	dataset.Change
	blur   float64 // deviation of a Gaussian, in parts of the side
	grain  float64 // deviation of the noise
	seed   uint64  // of the noise
	sample uint32
}

// mostBlur leaves less than a hundredth of the power of a quarter of the Nyquist
// frequency of images of 256 pixels per side.
const mostBlur = 3.0 / 256

// drawLook draws the look of a sample.
func drawLook(seed uint64, sample uint32) look {
	draw := func(k uint32) float64 {
		return float64(noise.Uint32(seed, k, sample, streamChange)) / (1 << 32)
	}
	both := func(k uint32) float64 { return 2*draw(k) - 1 }
	l := look{seed: seed, sample: sample,
		Change: dataset.Change{Zoom: 0.15 * draw(0), X: both(1), Y: both(2), Angle: 0.12 * both(3), Bright: 0.35 * both(4)}}
	if draw(5) < 0.6 {
		l.blur = mostBlur * draw(6)
	}
	if draw(7) < 0.4 {
		l.grain = 0.06 * draw(8)
	}
	return l
}

// apply blurs x, size × size values in [−1, 1], and adds grain.
func (l look) apply(x []float32, size int) {
	if sigma := l.blur * float64(size); sigma > 0.25 { // below it changes nothing to see
		gaussian(x, size, sigma)
	}
	if l.grain == 0 {
		return
	}
	grain := make([]float32, len(x))
	noise.Latent(grain, l.seed, l.sample, streamNoise)
	for j := range x {
		x[j] += float32(l.grain) * grain[j]
	}
}

// gaussian filters x with a Gaussian, rows then columns. Beyond an edge it
// repeats the edge's value.
func gaussian(x []float32, size int, sigma float64) {
	radius := int(math.Ceil(2.5 * sigma))
	taps := make([]float32, 2*radius+1)
	var sum float32
	for i := range taps {
		d := float64(i-radius) / sigma
		taps[i] = float32(math.Exp(-d * d / 2))
		sum += taps[i]
	}
	line := make([]float32, size+2*radius)
	for _, step := range [][2]int{{1, size}, {size, 1}} { // along, and to the next line
		for n := range size {
			for i := range line {
				line[i] = x[n*step[1]+min(max(i-radius, 0), size-1)*step[0]]
			}
			for i := range size {
				var v float32
				for k, t := range taps {
					v += t * line[i+k]
				}
				x[n*step[1]+i*step[0]] = v / sum
			}
		}
	}
}

// level scales an image to zero mean and unit deviation, so that exposure does
// not decide.
func level(x []float32) {
	var sum, square float64
	for _, v := range x {
		sum += float64(v)
		square += float64(v) * float64(v)
	}
	n := float64(len(x))
	mean := sum / n
	scale := 1 / math.Sqrt(max(square/n-mean*mean, 1e-6))
	for i, v := range x {
		x[i] = float32((float64(v) - mean) * scale)
	}
}
