package dataset

import (
	"math"
	"testing"
)

// ramp is an image whose grey rises by x and y.
func ramp(size int) []float32 {
	x := make([]float32, size*size)
	for i := range x {
		x[i] = float32(i%size+2*(i/size))/float32(3*size)*2 - 1
	}
	return x
}

func TestChange(t *testing.T) {
	const size = 16
	src, dst := ramp(size), make([]float32, size*size)
	Change{}.Apply(dst, src, size)
	for i := range src {
		if math.Abs(float64(dst[i]-src[i])) > 1e-6 {
			t.Fatalf("without a change, value %d became %g from %g", i, dst[i], src[i])
		}
	}
	// A tenth of 15 pixels is cut off: at an edge all of it on the other side.
	Change{Zoom: 0.1, X: -1, Y: 1}.Apply(dst, src, size)
	if got, want := dst[0], src[0]+float32(1.5*2/(3*size)*2); math.Abs(float64(got-want)) > 1e-5 {
		t.Errorf("the corner is %g, want %g", got, want)
	}
	// A quarter turn brings the top right to the top left.
	Change{Angle: math.Pi / 2}.Apply(dst, src, size)
	if got, want := dst[0], src[size-1]; math.Abs(float64(got-want)) > 1e-5 {
		t.Errorf("turned, the corner is %g, want %g", got, want)
	}
	Change{Bright: math.Log(2)}.Apply(dst, src, size)
	for i, v := range dst {
		grey := (float64(src[i]) + 1) / 2
		if want := 2*grey*grey - 1; math.Abs(float64(v)-want) > 1e-5 {
			t.Fatalf("squared, value %d is %g, want %g", i, v, want)
		}
	}
}
