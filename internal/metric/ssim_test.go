package metric

import (
	"math"
	"testing"
)

// picture is a smooth pattern with some texture, in [-1, 1].
func picture(w, h int, phase float64) []float32 {
	x := make([]float32, w*h)
	for i := range x {
		r, c := float64(i/w), float64(i%w)
		x[i] = float32(0.5*math.Sin(r/7+phase) + 0.4*math.Cos(c/5) + 0.1*math.Sin(r*c/11))
	}
	return x
}

func TestSSIM(t *testing.T) {
	const w, h = 40, 33
	x := picture(w, h, 0)
	if s := SSIM(x, x, w, h, 2); math.Abs(s-1) > 1e-12 {
		t.Errorf("SSIM of an image with itself is %g, want 1", s)
	}
	// A constant offset leaves the contrast term at 1, so that the whole is the
	// luminance term, which can be written down for constant images.
	a, b := make([]float32, w*h), make([]float32, w*h)
	for i := range a {
		a[i], b[i] = 0.25, 0.5
	}
	want := (2*0.125 + 0.0004) / (0.0625 + 0.25 + 0.0004)
	if s := SSIM(a, b, w, h, 2); math.Abs(s-want) > 1e-9 {
		t.Errorf("SSIM of constant images is %g, want %g", s, want)
	}
	last := 1.0
	for _, noise := range []float64{0.02, 0.1, 0.4} {
		y := make([]float32, len(x))
		for i := range y {
			y[i] = x[i] + float32(noise*math.Sin(float64(i*i)))
		}
		s := SSIM(x, y, w, h, 2)
		if s >= last || s != SSIM(y, x, w, h, 2) {
			t.Errorf("SSIM with noise %g is %g, after %g: it must fall, and be symmetric", noise, s, last)
		}
		last = s
	}
}

func TestPSNR(t *testing.T) {
	x := picture(16, 16, 0)
	if p := PSNR(x, x, 2); !math.IsInf(p, 1) {
		t.Errorf("PSNR of equal images is %g, want +Inf", p)
	}
	y := make([]float32, len(x))
	for i := range y {
		y[i] = x[i] + 0.02
	}
	if p := PSNR(x, y, 2); math.Abs(p-40) > 1e-3 {
		t.Errorf("PSNR at an error of 1 %% of the range is %g dB, want 40", p)
	}
}
