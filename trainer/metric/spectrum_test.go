package metric_test

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

// wave is an image of one frequency along x.
func wave(size, cycles int, amplitude float64) []float32 {
	x := make([]float32, size*size)
	for i := range x {
		x[i] = float32(0.3 + amplitude*math.Sin(2*math.Pi*float64(cycles*(i%size))/float64(size)))
	}
	return x
}

func TestSpectrum(t *testing.T) {
	const size = 64
	power := metric.Spectrum([][]float32{wave(size, 20, 1)}, size)
	best := 0
	for f, p := range power {
		if p > power[best] {
			best = f
		}
	}
	if best != 20 {
		t.Errorf("a wave of 20 cycles has most power at %d", best)
	}
	half := metric.Spectrum([][]float32{wave(size, 20, 0.5)}, size)
	if d := metric.Detail(half, power); math.Abs(d-0.25) > 1e-5 {
		t.Errorf("half the amplitude has %.4f of the power, want a quarter", d)
	}
	slow := metric.Spectrum([][]float32{wave(size, 2, 1)}, size)
	if d := metric.Detail(slow, power); d > 1e-3 {
		t.Errorf("a slow wave has %.4f of the detail", d)
	}
}
