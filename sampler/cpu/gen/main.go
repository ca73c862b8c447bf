// Command gen writes the assembly of the matrix product.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/roentgo/roentgo/sampler/cpu")
	product("productAVX512", 32, 8, 16, func() VecVirtual { return ZMM() })
	product("productAVX2", 16, 6, 8, func() VecVirtual { return YMM() })
	Generate()
}

const float = 4 // bytes

// product is the tile of rows × cols sums that fit the registers: a value is
// one chain of fused multiply-adds over k in rising order.
func product(name string, rows, cols, lanes int, vector func() VecVirtual) {
	TEXT(name, NOSPLIT, "func(depth int, a, b, out *float32)")
	Doc(fmt.Sprintf("%s sets out[c·%d+r] = Σₖ a[k·%d+r]·b[k·%d+c] for a tile of %d rows by %d columns.", name, rows, rows, cols, rows, cols))
	depth := Load(Param("depth"), GP64())
	a, b, out := Mem{Base: Load(Param("a"), GP64())}, Mem{Base: Load(Param("b"), GP64())}, Mem{Base: Load(Param("out"), GP64())}
	parts := rows / lanes
	sums := make([]VecVirtual, parts*cols)
	for i := range sums {
		sums[i] = vector()
		VXORPS(sums[i], sums[i], sums[i])
	}
	weights := make([]VecVirtual, parts)
	for i := range weights {
		weights[i] = vector()
	}
	var each VecVirtual
	if lanes == 8 {
		each = vector()
	}
	Label(name + "_k")
	for i, w := range weights {
		VMOVUPS(a.Offset(i*lanes*float), w)
	}
	for c := range cols {
		if lanes == 8 {
			VBROADCASTSS(b.Offset(c*float), each)
		}
		for i, w := range weights {
			if lanes == 8 {
				VFMADD231PS(each, w, sums[c*parts+i])
			} else {
				VFMADD231PS_BCST(b.Offset(c*float), w, sums[c*parts+i])
			}
		}
	}
	ADDQ(Imm(uint64(rows*float)), a.Base)
	ADDQ(Imm(uint64(cols*float)), b.Base)
	DECQ(depth)
	JNZ(LabelRef(name + "_k"))
	for i, s := range sums {
		VMOVUPS(s, out.Offset(i*lanes*float))
	}
	VZEROUPPER()
	RET()
}
