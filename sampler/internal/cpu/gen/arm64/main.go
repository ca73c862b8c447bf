// Command arm64 writes the NEON assembly of package cpu and its declarations:
// kernels_arm64.s and kernels_arm64.go of the working directory. Sums are in
// the order of those of its parent, which writes AVX-512 and AVX2.
package main

import (
	"log"
	"os"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

func main() {
	a := kernels()
	declarations, err := a.declarations()
	if err == nil {
		err = os.WriteFile("kernels_arm64.go", declarations, 0o666)
	}
	if err == nil {
		err = os.WriteFile("kernels_arm64.s", a.code.Bytes(), 0o666)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func kernels() *assembler {
	a := newAssembler()
	// 24 vectors of sums, 4 of the left side and 4 of the right.
	a.product("productNEON", 4, 6)
	a.product("productHalfNEON", 2, 6)
	e := newExponential(a)
	a.expSum()
	e.silu()
	e.normalize()
	a.largest()
	a.moments()
	for _, t := range []*transforms{newTransforms(a, "winograd2", &winograd.F2), newTransforms(a, "winograd4", &winograd.F4)} {
		t.in()
		t.out()
	}
	return a
}
