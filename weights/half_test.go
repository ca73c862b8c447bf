package weights

import (
	"math"
	"testing"
)

func TestHalfBothWays(t *testing.T) {
	for h := range 1 << 16 {
		f := halfToFloat(uint16(h))
		if back := floatToHalf(f); f == f && back != uint16(h) {
			t.Fatalf("%#04x is %g, which becomes %#04x", h, f, back)
		} else if f != f && halfToFloat(back) == halfToFloat(back) {
			t.Fatalf("%#04x is not a number, %#04x is", h, back)
		}
	}
}

func TestFloatToHalfRoundsToEven(t *testing.T) {
	for h := range uint16(0x7bff) { // between each two neighbours
		lo, hi := halfToFloat(h), halfToFloat(h+1)
		middle := float32((float64(lo) + float64(hi)) / 2)
		even := h + h&1
		for f, want := range map[float32]uint16{
			middle:                      even,
			math.Nextafter32(middle, 0): h,
			math.Nextafter32(middle, math.MaxFloat32): h + 1,
		} {
			if got := floatToHalf(f); got != want {
				t.Fatalf("%g became %#04x, %#04x is nearest", f, got, want)
			}
			if got := floatToHalf(-f); got != want|0x8000 {
				t.Fatalf("%g became %#04x, %#04x is nearest", -f, got, want|0x8000)
			}
		}
	}
	for f, want := range map[float32]uint16{65519.996: 0x7bff, 65520: 0x7c00, float32(math.Inf(-1)): 0xfc00, 1e-10: 0} {
		if got := floatToHalf(f); got != want {
			t.Errorf("%g became %#04x, want %#04x", f, got, want)
		}
	}
}
