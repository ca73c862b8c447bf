package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"

	"github.com/roentgo/roentgo/sampler/internal/cpu/gen/exp"
)

// exponential is what exp of elementwise.go does, with fused multiply-adds.
// The registers of AVX2 are too few to keep all of its constants.
type exponential struct {
	set
	least, most, log2e, ln2High, ln2Low, bias Mem
	terms                                     [8]Mem
}

// repeated is memory with a value as often as a vector holds it.
func (s set) repeated(name string, bits uint32) Mem {
	m := GLOBL(name+s.suffix, RODATA|NOPTR)
	for i := range s.lanes {
		DATA(4*i, U32(bits))
	}
	return m
}

func newExponential(s set) *exponential {
	value := func(name string, v float64) Mem { return s.repeated(name, math.Float32bits(float32(v))) }
	e := &exponential{set: s, least: value("least", exp.Least), most: value("most", exp.Most), log2e: value("log2e", math.Log2E),
		ln2High: value("ln2_high", exp.Ln2High), ln2Low: value("ln2_low", exp.Ln2Low), bias: s.repeated("bias", exp.Bias)}
	for i, term := range exp.Taylor() {
		e.terms[i] = value(fmt.Sprintf("term%d", i), term)
	}
	return e
}

// of replaces x by its exponential; 0 where that is below the smallest normal
// number, infinity near the largest.
func (e *exponential) of(x VecVirtual) {
	n, p := e.vector(), e.vector()
	VMOVUPS(e.most, p)
	VMINPS(x, p, x) // in this order, what is not a number stays so
	const notAtMost = 0x16
	var mask Register
	if e.lanes == 16 {
		mask = K()
		VCMPPS(Imm(notAtMost), e.least, x, mask)
	} else {
		mask = YMM()
		VCMPPS(Imm(notAtMost), e.least, x, mask)
	}
	VMULPS(e.log2e, x, n)
	if e.lanes == 16 {
		VRNDSCALEPS(Imm(0), n, n)
	} else {
		VROUNDPS(Imm(0), n, n)
	}
	VFNMADD231PS(e.ln2High, n, x)
	VFNMADD231PS(e.ln2Low, n, x)
	VMOVUPS(e.terms[7], p)
	for i := 6; i >= 0; i-- {
		VFMADD213PS(e.terms[i], x, p)
	}
	VCVTPS2DQ(n, n)
	VPADDD(e.bias, n, n)
	VPSLLD(Imm(23), n, n)
	if e.lanes == 16 {
		VMULPS_Z(n, p, mask, x)
		return
	}
	VMULPS(n, p, x)
	VANDPS(mask, x, x)
}

// sigmoidTimes replaces x by x·sigmoid(x).
func (e *exponential) sigmoidTimes(x VecVirtual) {
	d := e.vector()
	VXORPS(d, d, d)
	VSUBPS(x, d, d)
	e.of(d)
	VADDPS(e.terms[0], d, d)
	VDIVPS(d, x, x)
}

// expSum works with powers of two: e to the power of (x−most)·scale is 2ⁿ·2ʳ,
// with a polynomial for 2ʳ, |r| ≤ 1/2.
func (e *exponential) expSum() {
	name := "expSum" + e.suffix
	value := func(v float64, what string) Mem { return e.repeated("exp2_"+what, math.Float32bits(float32(v))) }
	least := value(exp.LeastPower, "least")
	var terms []Mem
	for i, c := range exp.PowerOfTwo(5) {
		terms = append(terms, value(c, fmt.Sprint("term", i)))
	}
	TEXT(name, NOSPLIT, "func(n int, x *float32, scale, shift float32) float64")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s replaces n values, a multiple of 16, by 2 to the power of x·scale+shift, which is at most about 0, and returns their sum.", name))
	n := Load(Param("n"), GP64())
	x := Mem{Base: Load(Param("x"), GP64())}
	scale, shift := e.vector(), e.vector()
	s, m := Load(Param("scale"), XMM()), Load(Param("shift"), XMM())
	VBROADCASTSS(s, scale)
	VBROADCASTSS(m, shift)
	parts := 16 / e.lanes // as many sums as AVX-512 has, in the same order
	sums, t, whole, p := make([]VecVirtual, parts), e.vector(), e.vector(), e.vector()
	for i := range sums {
		sums[i] = e.vector()
		VXORPS(sums[i], sums[i], sums[i])
	}
	Label(name + "_loop")
	for i, sum := range sums {
		at := x.Offset(i * e.lanes * float)
		VMOVUPS(at, t)
		VFMADD213PS(shift, scale, t)
		VMOVUPS(least, p)
		VMAXPS(t, p, t) // in this order, what is not a number stays so
		if e.lanes == 16 {
			VRNDSCALEPS(Imm(0), t, whole)
		} else {
			VROUNDPS(Imm(0), t, whole)
		}
		VSUBPS(whole, t, t)
		VMOVUPS(terms[len(terms)-1], p)
		for k := len(terms) - 2; k >= 0; k-- {
			VFMADD213PS(terms[k], t, p)
		}
		if e.lanes == 16 {
			VSCALEFPS(whole, p, p)
		} else {
			VCVTPS2DQ(whole, whole)
			VPSLLD(Imm(23), whole, whole)
			VPADDD(whole, p, p)
		}
		VMOVUPS(p, at)
		VADDPS(p, sum, sum)
	}
	ADDQ(Imm(16*float), x.Base)
	SUBQ(Imm(16), n)
	JNZ(LabelRef(name + "_loop"))
	total, part := e.vector(), e.vector()
	VXORPD(total, total, total)
	for _, sum := range sums {
		e.add(sum, part, total)
	}
	VEXTRACTF128(Imm(1), total.AsY(), part.AsX())
	VADDPD(part.AsX(), total.AsX(), total.AsX())
	VHADDPD(total.AsX(), total.AsX(), total.AsX())
	Store(total.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// add adds the values v, which are lost, to four sums in float64.
func (s set) add(v, part, total VecVirtual) {
	if s.lanes == 16 {
		high := YMM()
		VEXTRACTF32X8(Imm(1), v, high)
		avx2.add(v.AsY().(VecVirtual), part.AsY().(VecVirtual), total.AsY().(VecVirtual))
		avx2.add(high, part.AsY().(VecVirtual), total.AsY().(VecVirtual))
		return
	}
	VCVTPS2PD(v.AsX(), part)
	VADDPD(part, total, total)
	VEXTRACTF128(Imm(1), v, v.AsX())
	VCVTPS2PD(v.AsX(), part)
	VADDPD(part, total, total)
}

func (e *exponential) silu() {
	name := "silu" + e.suffix
	TEXT(name, NOSPLIT, "func(n int, out, x *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets out to x/(1+exp(−x)) for n values, a multiple of %d.", name, e.lanes))
	n := Load(Param("n"), GP64())
	out, x := Mem{Base: Load(Param("out"), GP64())}, Mem{Base: Load(Param("x"), GP64())}
	v := e.vector()
	Label(name + "_loop")
	VMOVUPS(x, v)
	e.sigmoidTimes(v)
	VMOVUPS(v, out)
	ADDQ(Imm(uint64(e.lanes*float)), x.Base)
	ADDQ(Imm(uint64(e.lanes*float)), out.Base)
	SUBQ(Imm(uint64(e.lanes)), n)
	JNZ(LabelRef(name + "_loop"))
	VZEROUPPER()
	RET()
}

func (s set) largest() {
	name := "largest" + s.suffix
	TEXT(name, NOSPLIT, "func(n int, x *float32) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s returns the largest of n values, a multiple of %d.", name, s.lanes))
	n := Load(Param("n"), GP64())
	x := Mem{Base: Load(Param("x"), GP64())}
	// As many chains as hide the latency of one.
	const chains = 4
	each := make([]VecVirtual, chains)
	for i := range each {
		each[i] = s.vector()
		VMOVUPS(x, each[i])
	}
	step := uint64(s.lanes)
	Label(name + "_loop")
	CMPQ(n, Imm(chains*step))
	JL(LabelRef(name + "_rest"))
	for i, v := range each {
		VMAXPS(x.Offset(i*s.lanes*float), v, v)
	}
	ADDQ(U32(chains*step*float), x.Base)
	SUBQ(Imm(chains*step), n)
	JMP(LabelRef(name + "_loop"))
	Label(name + "_rest")
	TESTQ(n, n)
	JZ(LabelRef(name + "_end"))
	VMAXPS(x, each[0], each[0])
	ADDQ(Imm(step*float), x.Base)
	SUBQ(Imm(step), n)
	JMP(LabelRef(name + "_rest"))
	Label(name + "_end")
	largest, other := each[0], each[1]
	VMAXPS(each[1], largest, largest)
	VMAXPS(each[2], largest, largest)
	VMAXPS(each[3], largest, largest)
	if s.lanes == 16 {
		VEXTRACTF64X4(Imm(1), largest, other.AsY())
		VMAXPS(other.AsY(), largest.AsY(), largest.AsY())
	}
	VEXTRACTF128(Imm(1), largest.AsY(), other.AsX())
	VMAXPS(other.AsX(), largest.AsX(), largest.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPERMILPS(Imm(order), largest.AsX(), other.AsX())
		VMAXPS(other.AsX(), largest.AsX(), largest.AsX())
	}
	Store(largest.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}
