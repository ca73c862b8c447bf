// Command gen writes the assembly of the matrix product.
package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	Package("github.com/roentgo/roentgo/sampler/cpu")
	product("productAVX512", 32, 8, 16, func() VecVirtual { return ZMM() })
	product("productAVX2", 16, 6, 8, func() VecVirtual { return YMM() })
	exps()
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

// eight is memory with a value eight times. The registers are too few to keep
// all constants of an exponential.
func eight(name string, bits uint32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(bits))
	}
	return m
}

// exponential is what exp of elementwise.go does, with fused multiply-adds.
type exponential struct {
	least, most, log2e, ln2High, ln2Low, bias Mem
	terms                                     [8]Mem
}

func newExponential() exponential {
	value := func(name string, v float64) Mem { return eight(name, math.Float32bits(float32(v))) }
	e := exponential{least: value("least", -87.33654), most: value("most", 88.72284), log2e: value("log2e", math.Log2E),
		ln2High: value("ln2_high", 0.693359375), ln2Low: value("ln2_low", -2.12194440e-4), bias: eight("bias", 127)}
	factorial := 1.0
	for i := range e.terms {
		factorial *= float64(max(i, 1))
		e.terms[i] = value(fmt.Sprintf("term%d", i), 1/factorial)
	}
	return e
}

// of replaces x by its exponential; 0 where that is below the smallest normal
// number, infinity near the largest.
func (e exponential) of(x VecVirtual) {
	normal, n, p := YMM(), YMM(), YMM()
	VMOVUPS(e.most, p)
	VMINPS(x, p, x)                       // in this order, what is not a number stays so
	VCMPPS(Imm(0x16), e.least, x, normal) // not x ≤ least
	VMULPS(e.log2e, x, n)
	VROUNDPS(Imm(0), n, n)
	VFNMADD231PS(e.ln2High, n, x)
	VFNMADD231PS(e.ln2Low, n, x)
	VMOVUPS(e.terms[7], p)
	for i := 6; i >= 0; i-- {
		VFMADD213PS(e.terms[i], x, p)
	}
	VCVTPS2DQ(n, n)
	VPADDD(e.bias, n, n)
	VPSLLD(Imm(23), n, n)
	VMULPS(n, p, x)
	VANDPS(normal, x, x)
}

func exps() {
	e := newExponential()
	TEXT("expSumAVX2", NOSPLIT, "func(n int, x *float32, scale, most float32) float64")
	Doc("expSumAVX2 replaces n values, a multiple of 8, by exp((x−most)·scale) and returns their sum.")
	n := Load(Param("n"), GP64())
	x := Mem{Base: Load(Param("x"), GP64())}
	scale, most := YMM(), YMM()
	s, m := Load(Param("scale"), XMM()), Load(Param("most"), XMM())
	VBROADCASTSS(s, scale)
	VBROADCASTSS(m, most)
	sum, v, high := YMM(), YMM(), YMM()
	VXORPD(sum, sum, sum)
	Label("exp_loop")
	VMOVUPS(x, v)
	VSUBPS(most, v, v)
	VMULPS(scale, v, v)
	e.of(v)
	VMOVUPS(v, x)
	VCVTPS2PD(v.AsX(), high)
	VADDPD(high, sum, sum)
	VEXTRACTF128(Imm(1), v, v.AsX())
	VCVTPS2PD(v.AsX(), high)
	VADDPD(high, sum, sum)
	ADDQ(Imm(8*float), x.Base)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("exp_loop"))
	VEXTRACTF128(Imm(1), sum, high.AsX())
	VADDPD(high.AsX(), sum.AsX(), sum.AsX())
	VHADDPD(sum.AsX(), sum.AsX(), sum.AsX())
	Store(sum.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()

	TEXT("siluAVX2", NOSPLIT, "func(n int, out, x *float32)")
	Doc("siluAVX2 sets out to x/(1+exp(−x)) for n values, a multiple of 8.")
	n = Load(Param("n"), GP64())
	out := Mem{Base: Load(Param("out"), GP64())}
	x = Mem{Base: Load(Param("x"), GP64())}
	v, d := YMM(), YMM()
	Label("silu_loop")
	VXORPS(d, d, d)
	VSUBPS(x, d, d)
	e.of(d)
	VADDPS(e.terms[0], d, d)
	VMOVUPS(x, v)
	VDIVPS(d, v, v)
	VMOVUPS(v, out)
	ADDQ(Imm(8*float), x.Base)
	ADDQ(Imm(8*float), out.Base)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("silu_loop"))
	VZEROUPPER()
	RET()

	TEXT("maxAVX2", NOSPLIT, "func(n int, x *float32) float32")
	Doc("maxAVX2 returns the largest of n values, a multiple of 8.")
	n = Load(Param("n"), GP64())
	x = Mem{Base: Load(Param("x"), GP64())}
	largest, other := YMM(), YMM()
	VMOVUPS(x, largest)
	Label("max_loop")
	VMAXPS(x, largest, largest)
	ADDQ(Imm(8*float), x.Base)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("max_loop"))
	VEXTRACTF128(Imm(1), largest, other.AsX())
	VMAXPS(other.AsX(), largest.AsX(), largest.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPERMILPS(Imm(order), largest.AsX(), other.AsX())
		VMAXPS(other.AsX(), largest.AsX(), largest.AsX())
	}
	Store(largest.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}
