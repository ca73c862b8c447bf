// Command gen writes the assembly of package cpu.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

// set is an instruction set with vectors of lanes values.
type set struct {
	suffix string
	lanes  int
	vector func() VecVirtual
}

var (
	avx512 = set{"AVX512", 16, func() VecVirtual { return ZMM() }}
	avx2   = set{"AVX2", 8, func() VecVirtual { return YMM() }}
)

func main() {
	product("productAVX512", avx512, 32, 8)
	product("productHalfAVX512", avx512, 16, 8)
	product("productAVX2", avx2, 16, 6)
	product("productHalfAVX2", avx2, 8, 6)
	for _, s := range []set{avx512, avx2} {
		e := newExponential(s)
		e.expSum()
		e.silu()
		e.normalize()
		s.largest()
		s.moments()
		for _, t := range []*transforms{newTransforms(s, "winograd2", &winograd.F2), newTransforms(s, "winograd4", &winograd.F4)} {
			t.in()
			t.out()
		}
	}
	Generate()
}

const float = 4 // bytes

// two are vectors for the values of one, in float64.
func (s set) two() [2]VecVirtual { return [2]VecVirtual{s.vector(), s.vector()} }
