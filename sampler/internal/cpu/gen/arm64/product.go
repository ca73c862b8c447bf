package main

import "fmt"

// product is the tile of 4·parts rows by cols columns that fit the registers: a
// value is one chain of fused multiply-adds over k in rising order.
func (a *assembler) product(name string, parts, cols int) {
	a.function(name, "func(depth int, a *float32, aStride int, b *float32, offsets *int32, out *float32, outStride, n, more int, bias, residual *float32, residualStride int)",
		fmt.Sprintf("is the kernel product of a tile of %d rows by %d columns.", 4*parts, cols))
	depth, first, stride, b, offsets := a.argument("depth"), a.argument("a"), a.argument("aStride"), a.argument("b"), a.argument("offsets")
	out, outStride, n, more := a.argument("out"), a.argument("outStride"), a.argument("n"), a.argument("more")
	bias, residual, residualStride := a.argument("bias"), a.argument("residual"), a.argument("residualStride")
	at, left, k := a.general(), a.general(), a.general()
	ends := make([]general, cols)
	for c := range ends {
		ends[c] = a.general()
	}
	sums, part := a.vectors(parts*cols), a.vectors(parts)
	each := a.vectors(32 - a.taken)
	a.op("ADD %v<<2, %v", depth, b) // the end of each column

	a.label("tile")
	a.op("CBNZ %v, %s", more, a.to("more"))
	for _, sum := range sums {
		a.zero(sum)
	}
	a.op("JMP %s", a.to("start"))
	a.label("more")
	a.columns("load", out, outStride, n, at, left, cols, func(c int) {
		a.loadAt(at, sums[c*parts:][:parts])
	})

	a.label("start")
	for c, end := range ends {
		a.op("MOVW %d(%v), %v", 4*c, offsets, end)
		a.op("ADD %v<<2, %v, %v", end, b, end)
	}
	a.op("MOVD %v, %v", first, at)
	a.op("NEG %v, %v", depth, k)
	a.label("k")
	a.op("VLD1.P (%v)(%v), %s", at, stride, list(part, vector.S4))
	// As early as registers are free, for processors that wait for a load.
	load := func(c int) { a.op("FMOVS (%v)(%v<<2), %s", ends[c], k, each[c%len(each)].F()) }
	for c := range min(cols, len(each)) {
		load(c)
	}
	for c := range cols {
		for i, l := range part {
			a.fmlaBy(sums[c*parts+i], l, element{each[c%len(each)], 0})
		}
		if c+len(each) < cols {
			load(c + len(each))
		}
	}
	a.op("ADD $1, %v", k)
	a.op("CBNZ %v, %s", k, a.to("k"))

	a.op("CBZ %v, %s", bias, a.to("residual"))
	a.loadAt(bias, part)
	for i, sum := range sums {
		a.fadd(sum, sum, part[i%parts])
	}
	a.label("residual")
	a.op("CBZ %v, %s", residual, a.to("store"))
	a.columns("add", residual, residualStride, n, at, left, cols, func(c int) {
		a.loadAt(at, part)
		for i, l := range part {
			a.fadd(sums[c*parts+i], sums[c*parts+i], l)
		}
	})
	a.label("store")
	a.columns("write", out, outStride, n, at, left, cols, func(c int) {
		a.op("VST1 %s, (%v)", list(sums[c*parts:][:parts], vector.S4), at)
	})
	a.op("ADD $%d, %v", 4*cols, offsets)
	a.op("MOVD $%d, %v", cols, left)
	a.op("MADD %v, %v, %v, %v", left, out, outStride, out)
	a.op("MADD %v, %v, %v, %v", left, residual, residualStride, residual) // nil stays so: its stride is 0
	a.op("SUBS $%d, %v", cols, n)
	a.op("BGT %s", a.to("tile"))
	a.op("RET")
}

// columns visits the first n columns of a matrix: at is at their first value.
func (a *assembler) columns(label string, matrix, stride, n, at, left general, cols int, f func(c int)) {
	a.op("MOVD %v, %v", matrix, at)
	a.op("MOVD %v, %v", n, left)
	for c := range cols {
		f(c)
		if c < cols-1 {
			a.op("SUBS $1, %v", left)
			a.op("BEQ %s", a.to(label))
			a.op("ADD %v, %v", stride, at)
		}
	}
	a.label(label)
}
