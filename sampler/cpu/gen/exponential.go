package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
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
	e := &exponential{set: s, least: value("least", -87.33654), most: value("most", 88.72284), log2e: value("log2e", math.Log2E),
		ln2High: value("ln2_high", 0.693359375), ln2Low: value("ln2_low", -2.12194440e-4), bias: s.repeated("bias", 127)}
	factorial := 1.0
	for i := range e.terms {
		factorial *= float64(max(i, 1))
		e.terms[i] = value(fmt.Sprintf("term%d", i), 1/factorial)
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

func (e *exponential) expSum() {
	name := "expSum" + e.suffix
	TEXT(name, NOSPLIT, "func(n int, x *float32, scale, most float32) float64")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s replaces n values, a multiple of %d, by exp((x−most)·scale) and returns their sum.", name, e.lanes))
	n := Load(Param("n"), GP64())
	x := Mem{Base: Load(Param("x"), GP64())}
	scale, most := e.vector(), e.vector()
	s, m := Load(Param("scale"), XMM()), Load(Param("most"), XMM())
	VBROADCASTSS(s, scale)
	VBROADCASTSS(m, most)
	v, part, sums := e.vector(), e.vector(), e.sums()
	Label(name + "_loop")
	VMOVUPS(x, v)
	VSUBPS(most, v, v)
	VMULPS(scale, v, v)
	e.of(v)
	VMOVUPS(v, x)
	e.add(v, part, sums)
	ADDQ(Imm(uint64(e.lanes*float)), x.Base)
	SUBQ(Imm(uint64(e.lanes)), n)
	JNZ(LabelRef(name + "_loop"))
	sum := sums[0]
	if e.lanes == 16 {
		VEXTRACTF64X4(Imm(1), sum, part.AsY())
		VADDPD(part.AsY(), sum.AsY(), sum.AsY())
	} else {
		VADDPD(sums[1], sum, sum)
	}
	VEXTRACTF128(Imm(1), sum.AsY(), part.AsX())
	VADDPD(part.AsX(), sum.AsX(), sum.AsX())
	VHADDPD(sum.AsX(), sum.AsX(), sum.AsX())
	Store(sum.AsX(), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// sums are eight sums in float64, of every eighth value each, in whichever
// vectors: the order of additions is the same for all instruction sets.
func (s set) sums() []VecVirtual {
	sums := make([]VecVirtual, 16/s.lanes)
	for i := range sums {
		sums[i] = s.vector()
		VXORPD(sums[i], sums[i], sums[i])
	}
	return sums
}

// add adds the values v, which are lost, to sums.
func (s set) add(v, part VecVirtual, sums []VecVirtual) {
	if s.lanes == 16 {
		VCVTPS2PD(v.AsY(), part)
		VADDPD(part, sums[0], sums[0])
		VEXTRACTF32X8(Imm(1), v, v.AsY())
		VCVTPS2PD(v.AsY(), part)
		VADDPD(part, sums[0], sums[0])
		return
	}
	VCVTPS2PD(v.AsX(), part)
	VADDPD(part, sums[0], sums[0])
	VEXTRACTF128(Imm(1), v, v.AsX())
	VCVTPS2PD(v.AsX(), part)
	VADDPD(part, sums[1], sums[1])
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
