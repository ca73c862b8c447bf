package bench

import "testing"

func TestCheapest(t *testing.T) {
	base := quality{evaluations: 100, psnr: 40, ssim: 0.95, distance: 0.1}
	list := []quality{base,
		{evaluations: 8, psnr: 50, ssim: 0.99, distance: 0.2}, // blurred
		{evaluations: 10, psnr: 30, ssim: 0.99, distance: 0.01},
		{evaluations: 30, psnr: 41, ssim: 0.96, distance: 0.1},
		{evaluations: 20, psnr: 40, ssim: 0.95, distance: 0.1},
	}
	if q := cheapest(list, base); q.evaluations != 20 {
		t.Errorf("%+v", q)
	}
	if q := cheapest(list[:3], base); q != base {
		t.Errorf("%+v", q)
	}
}
