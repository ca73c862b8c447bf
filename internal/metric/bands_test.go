package metric

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/internal/noise"
)

// faint is a picture with noise of that size.
func faint(seed uint64, size int, amount float32) []float32 {
	x := picture(size, size, float64(seed))
	z := make([]float32, len(x))
	noise.Latent(z, seed, 0, noise.StreamInitial)
	for i := range x {
		x[i] += amount * z[i]
	}
	return x
}

func TestFeatures(t *testing.T) {
	const size = 128
	flat := make([]float32, size*size)
	for i := range flat {
		flat[i] = 0.25
	}
	f := Features(flat, size)
	if len(f) != FeatureLen {
		t.Fatalf("%d features, want %d", len(f), FeatureLen)
	}
	for i, v := range f {
		if want := math.Log(faintest); i < bands*squares*squares && math.Abs(v-want) > 1e-9 {
			t.Errorf("feature %d of a flat image is %g, want %g", i, v, want)
		} else if i >= bands*squares*squares && math.Abs(v-0.25) > 1e-9 {
			t.Errorf("feature %d of a flat image is %g, want its value", i, v)
		}
	}
	// The features of its squares alone show what one corner has.
	flat[0] = 8 // so that the coarsest octave, of which it is a 256th, still shows it
	g := Features(flat, size)
	for i := range f {
		if changed := g[i] != f[i]; changed != (i%(squares*squares) == 0) {
			t.Errorf("a dot in the corner: feature %d from %g to %g", i, f[i], g[i])
		}
	}
}

func TestFrechet(t *testing.T) {
	set := func(amount float32) (list [][]float64) {
		for seed := range uint64(12) {
			list = append(list, Features(faint(seed, 128, amount), 128))
		}
		return list
	}
	clean := set(0.02)
	if d := Frechet(clean, clean); d != 0 {
		t.Errorf("the distance of a set to itself is %g", d)
	}
	last := 0.0
	for _, amount := range []float32{0.021, 0.03, 0.1} {
		if d := Frechet(set(amount), clean); d <= last {
			t.Errorf("with noise of %g the distance is %g, after %g: it must rise", amount, d, last)
		} else {
			last = d
		}
	}
	a, b := [][]float64{{0, 1}, {2, 3}}, [][]float64{{2, 1}, {4, 9}} // a mean by 2; a mean and a deviation by 3
	if d := Frechet(a, b); math.Abs(d-(4+9+9)/2) > 1e-12 {
		t.Errorf("the distance is %g, want 22 / 2", d)
	}
}
