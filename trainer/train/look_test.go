//go:build libtorch

package train

import (
	"math"
	"testing"
)

func TestLook(t *testing.T) {
	const size = 65
	spot := func() []float32 {
		x := make([]float32, size*size)
		x[20*size+40] = 1
		return x
	}
	x := spot()
	look{}.apply(x, size)
	if x[20*size+40] != 1 {
		t.Errorf("nothing makes the spot %g", x[20*size+40])
	}
	// A Gaussian of deviation 2 keeps the sum, the place and has that deviation.
	look{blur: 2.0 / size}.apply(x, size)
	var sum, row, column, square float64
	for i, v := range x {
		sum += float64(v)
		row += float64(v) * float64(i/size)
		column += float64(v) * float64(i%size)
		square += float64(v) * math.Pow(float64(i%size)-40, 2)
	}
	if math.Abs(sum-1) > 1e-5 || math.Abs(row-20) > 1e-4 || math.Abs(column-40) > 1e-4 || math.Abs(math.Sqrt(square)-2) > 0.1 {
		t.Errorf("blurred, the spot weighs %g, is at %g, %g and %g wide", sum, row, column, math.Sqrt(square))
	}
	grain := make([]float32, 64*64)
	look{grain: 0.05, seed: 1}.apply(grain, 64)
	square = 0
	for _, v := range grain {
		square += float64(v) * float64(v)
	}
	if d := math.Sqrt(square / (64 * 64)); math.Abs(d-0.05) > 0.003 {
		t.Errorf("grain of 0.05 has a deviation of %g", d)
	}
}

func TestDrawLook(t *testing.T) {
	blurred, grainy, turned := 0, 0, 0.0
	for i := range uint32(1000) {
		l := drawLook(1, i)
		if l != drawLook(1, i) {
			t.Fatal("the same sample looks otherwise")
		}
		if l.blur < 0 || l.blur > mostBlur || l.grain > 0.06 || math.Abs(l.Angle) > 0.12 || l.Zoom < 0 || l.Zoom > 0.15 {
			t.Fatalf("%+v", l)
		}
		if l.blur > 0 {
			blurred++
		}
		if l.grain > 0 {
			grainy++
		}
		turned = max(turned, math.Abs(l.Angle))
	}
	if math.Abs(float64(blurred)-600) > 60 || math.Abs(float64(grainy)-400) > 60 || turned < 0.115 {
		t.Errorf("of 1000, %d are blurred and %d grainy, turned by %.3f at most", blurred, grainy, turned)
	}
}

func TestLevel(t *testing.T) {
	x := []float32{1, 3, 1, 3}
	level(x)
	for i, want := range []float32{-1, 1, -1, 1} {
		if x[i] != want {
			t.Errorf("value %d is %g, want %g", i, x[i], want)
		}
	}
	flat := []float32{0.5, 0.5}
	if level(flat); flat[0] != 0 {
		t.Errorf("a flat image becomes %g", flat[0])
	}
}
