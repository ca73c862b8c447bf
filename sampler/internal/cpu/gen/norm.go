package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// moments sums a block of channels over pixels, in float64: a value is one
// chain of additions over the pixels in rising order.
func (s set) moments() {
	name := "moments" + s.suffix
	TEXT(name, NOSPLIT, "func(pixels int, x *float32, stride int, sums, squares *float64)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets the sums, and the sums of squares, of %d channels over pixels that lie stride bytes apart.", name, s.lanes))
	pixels, stride := Load(Param("pixels"), GP64()), Load(Param("stride"), GP64())
	x := Mem{Base: Load(Param("x"), GP64())}
	half := s.lanes / 2
	sum, square, v := s.two(), s.two(), s.two()
	for i := range 2 {
		VXORPD(sum[i], sum[i], sum[i])
		VXORPD(square[i], square[i], square[i])
	}
	Label(name + "_loop")
	for i := range 2 {
		VCVTPS2PD(x.Offset(i*half*float), v[i])
		VADDPD(v[i], sum[i], sum[i])
		VFMADD231PD(v[i], v[i], square[i])
	}
	ADDQ(stride, x.Base)
	DECQ(pixels)
	JNZ(LabelRef(name + "_loop"))
	sums, squares := Mem{Base: Load(Param("sums"), GP64())}, Mem{Base: Load(Param("squares"), GP64())}
	for i := range 2 {
		VMOVUPD(sum[i], sums.Offset(i*half*8))
		VMOVUPD(square[i], squares.Offset(i*half*8))
	}
	VZEROUPPER()
	RET()
}

// normalize is the second half of a norm.
func (e *exponential) normalize() {
	name := "normalize" + e.suffix
	TEXT(name, NOSPLIT, "func(pixels, channels int, out, x, mean, scale, shift *float32, silu int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets out to (x−mean)·scale+shift of each channel, and where silu is not 0 to the SiLU of that; channels is a multiple of %d.", name, e.lanes))
	pixels := Load(Param("pixels"), GP64())
	out, x := Mem{Base: Load(Param("out"), GP64())}, Mem{Base: Load(Param("x"), GP64())}
	v, w, silu := e.vector(), e.vector(), Load(Param("silu"), GP64())
	Label(name + "_pixel")
	channels, mean := Load(Param("channels"), GP64()), Mem{Base: Load(Param("mean"), GP64())}
	scale, shift := Mem{Base: Load(Param("scale"), GP64())}, Mem{Base: Load(Param("shift"), GP64())}
	Label(name + "_channel")
	VMOVUPS(x, v)
	VSUBPS(mean, v, v)
	VMOVUPS(scale, w)
	VFMADD213PS(shift, w, v)
	TESTQ(silu, silu)
	JZ(LabelRef(name + "_store"))
	e.sigmoidTimes(v)
	Label(name + "_store")
	VMOVUPS(v, out)
	for _, m := range []Mem{out, x, mean, scale, shift} {
		ADDQ(Imm(uint64(e.lanes*float)), m.Base)
	}
	SUBQ(Imm(uint64(e.lanes)), channels)
	JNZ(LabelRef(name + "_channel"))
	DECQ(pixels)
	JNZ(LabelRef(name + "_pixel"))
	VZEROUPPER()
	RET()
}
