package metric

import (
	"math"
	"testing"
)

// TestMSSSIM pins what needs no reference; trainer/metric compares values
// with a reference.
func TestMSSSIM(t *testing.T) {
	x := picture(MSSSIMSide, MSSSIMSide, 0)
	if s := MSSSIM(x, x, MSSSIMSide, 2); math.Abs(s-1) > 1e-12 {
		t.Errorf("MS-SSIM of an image with itself is %g, want 1", s)
	}
	inverse := make([]float32, len(x))
	for i, v := range x {
		inverse[i] = -v
	}
	if s := MSSSIM(x, inverse, MSSSIMSide, 2); s != 0 {
		t.Errorf("MS-SSIM of an image with its negative is %g, want 0", s)
	}
	defer func() {
		if recover() == nil {
			t.Error("an image that the window does not fit at the coarsest scale is measured")
		}
	}()
	MSSSIM(picture(64, 64, 0), picture(64, 64, 1), 64, 2)
}
