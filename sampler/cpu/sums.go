package cpu

import "unsafe"

// sumsGo is the tile of 4 rows by 2 columns. Eight chains of additions hide
// the latency of one.
func sumsGo(depth int, pa, pb, pout *float32) {
	a, b, out := unsafe.Slice(pa, 4*depth), unsafe.Slice(pb, 2*depth), unsafe.Slice(pout, 8)
	var s00, s01, s10, s11, s20, s21, s30, s31 float32
	for len(a) >= 4 && len(b) >= 2 {
		a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
		b0, b1 := b[0], b[1]
		s00 += a0 * b0
		s01 += a0 * b1
		s10 += a1 * b0
		s11 += a1 * b1
		s20 += a2 * b0
		s21 += a2 * b1
		s30 += a3 * b0
		s31 += a3 * b1
		a, b = a[4:], b[2:]
	}
	out[0], out[1], out[2], out[3] = s00, s10, s20, s30
	out[4], out[5], out[6], out[7] = s01, s11, s21, s31
}
