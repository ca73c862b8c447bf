package cpu

import "unsafe"

// productGo is the kernel product of tiles of 4 rows by 2 columns. The left
// side must be packed: aStride is that of its 4 rows.
func productGo(depth int, a *float32, aStride int, b *float32, offsets *int32, out *float32, outStride, n, more int,
	bias, residual *float32, residualStride int) {
	// Each pointer is made for a tile that is there: one past the last tile may lie
	// outside of its allocation.
	for c := 0; c < n; c += 2 {
		var added *float32
		if residual != nil {
			added = at(residual, c*residualStride)
		}
		tileGo(depth, a, b, (*int32)(unsafe.Add(unsafe.Pointer(offsets), 4*c)), at(out, c*outStride), outStride, n-c, more, bias, added, residualStride)
	}
}

// tileGo is one tile. Eight chains of additions hide the latency of one.
func tileGo(depth int, a, b *float32, offsets *int32, out *float32, outStride, n, more int,
	bias, residual *float32, residualStride int) {
	left := unsafe.Slice(a, 4*depth)
	column := func(c int) []float32 {
		offset := *(*int32)(unsafe.Add(unsafe.Pointer(offsets), 4*c))
		return unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(b), 4*int(offset))), depth)
	}
	at := func(p *float32, stride, c int) *[4]float32 {
		return (*[4]float32)(unsafe.Add(unsafe.Pointer(p), stride*c))
	}
	var s0, s1 [4]float32
	if more != 0 {
		s0 = *at(out, outStride, 0)
		if n > 1 {
			s1 = *at(out, outStride, 1)
		}
	}
	s00, s10, s20, s30 := s0[0], s0[1], s0[2], s0[3]
	s01, s11, s21, s31 := s1[0], s1[1], s1[2], s1[3]
	b0 := column(0)
	b1 := b0 // of no effect, where the second column is none of the tile's
	if n > 1 {
		b1 = column(1)
	}
	for k := 0; len(left) >= 4 && k < len(b0) && k < len(b1); k++ {
		a0, a1, a2, a3 := left[0], left[1], left[2], left[3]
		s00 += a0 * b0[k]
		s01 += a0 * b1[k]
		s10 += a1 * b0[k]
		s11 += a1 * b1[k]
		s20 += a2 * b0[k]
		s21 += a2 * b1[k]
		s30 += a3 * b0[k]
		s31 += a3 * b1[k]
		left = left[4:]
	}
	for c, s := range [2][4]float32{{s00, s10, s20, s30}, {s01, s11, s21, s31}} {
		if c == n {
			return
		}
		if bias != nil {
			for i, v := range at(bias, 0, 0) {
				s[i] += v
			}
		}
		if residual != nil {
			for i, v := range at(residual, residualStride, c) {
				s[i] += v
			}
		}
		*at(out, outStride, c) = s
	}
}
