package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

// transforms writes what brings images into the space of a filter, and back.
type transforms struct {
	set
	name         string
	filter       *winograd.Filter
	coefficients map[float64]Mem
}

func newTransforms(s set, name string, f *winograd.Filter) *transforms {
	t := &transforms{s, name, f, map[float64]Mem{}}
	for _, matrix := range [][][]float64{f.B, f.A} {
		for _, row := range matrix {
			for _, c := range row {
				if _, ok := t.coefficients[c]; !ok && c != 0 && c != 1 && c != -1 {
					t.coefficients[c] = s.repeated(fmt.Sprintf("%s_%d_", name, len(t.coefficients)), math.Float32bits(float32(c)))
				}
			}
		}
	}
	return t
}

// sum returns row·x.
func (t *transforms) sum(row []float64, x []VecVirtual) VecVirtual {
	sum := t.vector()
	for i, term := range winograd.Terms(row) {
		v := x[term.Of]
		switch {
		case i == 0: // its coefficient is 1
			VMOVAPS(v, sum)
		case term.Coefficient == 1:
			VADDPS(v, sum, sum)
		case term.Coefficient == -1:
			VSUBPS(v, sum, sum)
		default:
			VFMADD231PS(t.coefficients[term.Coefficient], v, sum)
		}
	}
	return sum
}

func (t *transforms) load(n int, at func(i int) Mem) []VecVirtual {
	x := make([]VecVirtual, n)
	for i := range x {
		x[i] = t.vector()
		VMOVUPS(at(i), x[i])
	}
	return x
}

// in is Bᵀ·d·B.
func (t *transforms) in() {
	name, side := t.name+"In"+t.suffix, t.filter.Side()
	TEXT(name, NOSPLIT, "func(channels int, x *float32, pixel, line int, out *float32, point int, scratch *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s transforms a tile of %d by %d pixels, pixel and line bytes apart, to as many points, point bytes apart; channels is a multiple of %d.", name, side, side, t.lanes))
	channels := Load(Param("channels"), GP64())
	x, out := Mem{Base: Load(Param("x"), GP64())}, Mem{Base: Load(Param("out"), GP64())}
	pixel, line, point := Load(Param("pixel"), GP64()), Load(Param("line"), GP64()), Load(Param("point"), GP64())
	scratch := Mem{Base: Load(Param("scratch"), GP64())}
	at, to := GP64(), GP64()
	width := t.lanes * float
	Label(name + "_channels")
	column := GP64()
	MOVQ(x.Base, column)
	for j := range side {
		MOVQ(column, at)
		d := make([]VecVirtual, side)
		for i := range d {
			d[i] = t.vector()
			VMOVUPS(Mem{Base: at}, d[i])
			if i < side-1 {
				ADDQ(line, at)
			}
		}
		for i, row := range t.filter.B {
			VMOVUPS(t.sum(row, d), scratch.Offset((i*side+j)*width))
		}
		ADDQ(pixel, column)
	}
	MOVQ(out.Base, to)
	for i := range side {
		d := t.load(side, func(j int) Mem { return scratch.Offset((i*side + j) * width) })
		for _, row := range t.filter.B {
			VMOVUPS(t.sum(row, d), Mem{Base: to})
			ADDQ(point, to)
		}
	}
	ADDQ(Imm(uint64(width)), x.Base)
	ADDQ(Imm(uint64(width)), out.Base)
	SUBQ(Imm(uint64(t.lanes)), channels)
	JNZ(LabelRef(name + "_channels"))
	VZEROUPPER()
	RET()
}

// out is Aᵀ·m·A, with one bias per channel, and a residual where there is one.
func (t *transforms) out() {
	name, side := t.name+"Out"+t.suffix, t.filter.Side()
	TEXT(name, NOSPLIT, "func(channels int, m *float32, point int, out *float32, pixel, line int, bias, residual, scratch *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s transforms %d points back to %d by %d pixels, adds bias and, where it is not nil, residual, which is laid out like out; channels is a multiple of %d.",
		name, t.filter.Points(), t.filter.Results(), t.filter.Results(), t.lanes))
	channels := Load(Param("channels"), GP64())
	m, out := Mem{Base: Load(Param("m"), GP64())}, Mem{Base: Load(Param("out"), GP64())}
	pixel, line, point := Load(Param("pixel"), GP64()), Load(Param("line"), GP64()), Load(Param("point"), GP64())
	bias, residual, scratch := Mem{Base: Load(Param("bias"), GP64())}, Load(Param("residual"), GP64()), Mem{Base: Load(Param("scratch"), GP64())}
	width := t.lanes * float
	Label(name + "_channels")
	at := GP64()
	MOVQ(m.Base, at)
	for i := range side { // Aᵀ from the right, a row at a time
		d := make([]VecVirtual, side)
		for j := range d {
			d[j] = t.vector()
			VMOVUPS(Mem{Base: at}, d[j])
			ADDQ(point, at)
		}
		for j, row := range t.filter.A {
			VMOVUPS(t.sum(row, d), scratch.Offset((i*t.filter.Results()+j)*width))
		}
	}
	offset, begin := GP64(), GP64()
	XORQ(begin, begin)
	for j := range t.filter.Results() {
		d := t.load(side, func(i int) Mem { return scratch.Offset((i*t.filter.Results() + j) * width) })
		MOVQ(begin, offset)
		for i, row := range t.filter.A {
			y := t.sum(row, d)
			VADDPS(bias, y, y)
			plain := fmt.Sprintf("%s_plain%d_%d", name, i, j)
			TESTQ(residual, residual)
			JZ(LabelRef(plain))
			VADDPS(Mem{Base: residual, Index: offset, Scale: 1}, y, y)
			Label(plain)
			VMOVUPS(y, Mem{Base: out.Base, Index: offset, Scale: 1})
			ADDQ(line, offset)
		}
		ADDQ(pixel, begin)
	}
	for _, p := range []Register{m.Base, out.Base, bias.Base} {
		ADDQ(Imm(uint64(width)), p)
	}
	TESTQ(residual, residual)
	JZ(LabelRef(name + "_next"))
	ADDQ(Imm(uint64(width)), residual)
	Label(name + "_next")
	SUBQ(Imm(uint64(t.lanes)), channels)
	JNZ(LabelRef(name + "_channels"))
	VZEROUPPER()
	RET()
}
