package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// product is the tile of rows × cols sums that fit the registers: a value is
// one chain of fused multiply-adds over k in rising order.
func product(name string, s set, rows, cols int) {
	TEXT(name, NOSPLIT, "func(depth int, a *float32, aStride int, b *float32, offsets *int32, out *float32, outStride, n, more int, bias, residual *float32, residualStride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is the kernel product of a tile of %d rows by %d columns.", name, rows, cols))
	parts := rows / s.lanes
	sums := make([]VecVirtual, parts*cols)
	for i := range sums {
		sums[i] = s.vector()
	}
	left, each := make([]VecVirtual, parts), s.vector()
	for i := range left {
		left[i] = s.vector()
	}

	Label(name + "_tile")
	for _, sum := range sums {
		VXORPS(sum, sum, sum)
	}
	more := Load(Param("more"), GP64())
	TESTQ(more, more)
	JZ(LabelRef(name + "_start"))
	columns(name+"_load", "out", cols, parts, s, func(c, part int, at Mem) {
		VMOVUPS(at, sums[c*parts+part])
	})

	Label(name + "_start")
	depth, a, stride := Load(Param("depth"), GP64()), Mem{Base: Load(Param("a"), GP64())}, Load(Param("aStride"), GP64())
	b, offsets := Load(Param("b"), GP64()), Mem{Base: Load(Param("offsets"), GP64())}
	LEAQ(Mem{Base: b, Index: depth, Scale: float}, b)
	NEGQ(depth)
	ends := make([]Register, cols)
	for c := range ends {
		end := GP64()
		MOVLQSX(offsets.Offset(4*c), end)
		LEAQ(Mem{Base: b, Index: end, Scale: float}, end)
		ends[c] = end
	}
	Label(name + "_k")
	for i, l := range left {
		VMOVUPS(a.Offset(i*s.lanes*float), l)
	}
	for c, end := range ends {
		VBROADCASTSS(Mem{Base: end, Index: depth, Scale: float}, each)
		for i, l := range left {
			VFMADD231PS(each, l, sums[c*parts+i])
		}
	}
	ADDQ(stride, a.Base)
	INCQ(depth)
	JNZ(LabelRef(name + "_k"))

	bias := Mem{Base: Load(Param("bias"), GP64())}
	TESTQ(bias.Base, bias.Base)
	JZ(LabelRef(name + "_residual"))
	for i, l := range left {
		VMOVUPS(bias.Offset(i*s.lanes*float), l)
	}
	for i := range sums {
		VADDPS(left[i%parts], sums[i], sums[i])
	}
	Label(name + "_residual")
	residual := Load(Param("residual"), GP64())
	TESTQ(residual, residual)
	JZ(LabelRef(name + "_store"))
	columns(name+"_add", "residual", cols, parts, s, func(c, part int, at Mem) {
		VADDPS(at, sums[c*parts+part], sums[c*parts+part])
	})
	Label(name + "_store")
	columns(name+"_write", "out", cols, parts, s, func(c, part int, at Mem) {
		VMOVUPS(sums[c*parts+part], at)
	})
	advance("offsets", Imm(uint64(4*cols)))
	for _, matrix := range []string{"out", "residual"} {
		stride := Load(Param(matrix+"Stride"), GP64())
		IMUL3Q(U32(cols), stride, stride)
		advance(matrix, stride)
	}
	SUBQ(Imm(uint64(cols)), argument("n"))
	JG(LabelRef(name + "_tile"))
	VZEROUPPER()
	RET()
}

// argument is where an argument lies on the stack.
func argument(name string) Mem {
	basic, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return basic.Addr
}

// advance adds to an argument, for the next tile; nil stays nil where by is
// what a nil argument has: 0.
func advance(name string, by Op) { ADDQ(by, argument(name)) }

// columns visits the parts of the first n columns of a matrix.
func columns(label, matrix string, cols, parts int, s set, f func(c, part int, at Mem)) {
	at, stride, n := Mem{Base: Load(Param(matrix), GP64())}, Load(Param(matrix+"Stride"), GP64()), Load(Param("n"), GP64())
	for c := range cols {
		for part := range parts {
			f(c, part, at.Offset(part*s.lanes*float))
		}
		if c < cols-1 {
			DECQ(n)
			JZ(LabelRef(label))
			ADDQ(stride, at.Base)
		}
	}
	Label(label)
}
