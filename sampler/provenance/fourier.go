package provenance

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// plane holds the values of a tile, or its spectrum, row by row.
type plane [tileSide * tileSide]complex128

var roots = func() (list [tileSide / 2]complex128) {
	for i := range list {
		list[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/tileSide)
	}
	return list
}()

// transform is the discrete Fourier transform of a plane, in place.
func (p *plane) transform() {
	for y := range tileSide {
		line(p[y*tileSide:][:tileSide])
	}
	var column [tileSide]complex128
	for x := range tileSide {
		for y := range column {
			column[y] = p[y*tileSide+x]
		}
		line(column[:])
		for y, v := range column {
			p[y*tileSide+x] = v
		}
	}
}

// line transforms tileSide values in place (Cooley and Tukey 1965).
func line(v []complex128) {
	shift := 64 - bits.TrailingZeros(tileSide)
	for i := range v {
		if j := int(bits.Reverse64(uint64(i)) >> shift); i < j {
			v[i], v[j] = v[j], v[i]
		}
	}
	for half := 1; half < tileSide; half *= 2 {
		for start := 0; start < tileSide; start += 2 * half {
			for k := range half {
				a, b := v[start+k], v[start+k+half]*roots[k*(tileSide/2/half)]
				v[start+k], v[start+k+half] = a+b, a-b
			}
		}
	}
}
