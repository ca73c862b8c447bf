package main

import (
	"fmt"
	"slices"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

// transforms writes what brings images into the space of a filter, and back.
type transforms struct {
	*assembler
	*constants // or nil
	name       string
	filter     *winograd.Filter
}

func newTransforms(a *assembler, name string, f *winograd.Filter) *transforms {
	var list []uint32
	for _, matrix := range [][][]float64{f.B, f.A} {
		for _, row := range matrix {
			for _, c := range row {
				if b := bits(c); c != 0 && c != 1 && c != -1 && !slices.Contains(list, b) {
					list = append(list, b)
				}
			}
		}
	}
	t := &transforms{assembler: a, name: name, filter: f}
	if len(list) > 0 {
		t.constants = a.constants(name, list)
	}
	return t
}

// sum sets d to row·x, which has two terms at least.
func (t *transforms) sum(d vector, row []float64, x []vector) {
	terms := winograd.Terms(row)
	sum := x[terms[0].Of] // its coefficient is 1
	for _, term := range terms[1:] {
		v := x[term.Of]
		switch term.Coefficient {
		case 1:
			t.fadd(d, sum, v)
		case -1:
			t.fsub(d, sum, v)
		default:
			if sum != d {
				t.copy(d, sum)
			}
			t.fmlaBy(d, v, t.value(term.Coefficient))
		}
		sum = d
	}
}

// begin takes the coefficients where there are some.
func (t *transforms) begin() {
	if t.constants != nil {
		t.take(t.constants)
	}
}

// in is Bᵀ·d·B.
func (t *transforms) in() {
	side := t.filter.Side()
	t.function(t.name+"InNEON", "func(channels int, x *float32, pixel, line int, out *float32, point int, scratch *float32)",
		fmt.Sprintf("transforms a tile of %d by %[1]d pixels, pixel and line bytes apart, to as many points, point bytes apart; channels is a multiple of 4.", side))
	channels, x, pixel, line := t.argument("channels"), t.argument("x"), t.argument("pixel"), t.argument("line")
	out, point, scratch := t.argument("out"), t.argument("point"), t.argument("scratch")
	at, column := t.general(), t.general()
	t.begin()
	d, sums := t.vectors(side), t.vectors(side)
	t.label("channels")
	t.op("MOVD %v, %v", x, column)
	for j := range side {
		t.op("MOVD %v, %v", column, at)
		for _, v := range d {
			t.next(at, line, v)
		}
		for i, row := range t.filter.B {
			t.sum(sums[i], row, d)
			t.op("FMOVQ %s, %d(%v)", sums[i].F(), (i*side+j)*16, scratch)
		}
		t.op("ADD %v, %v", pixel, column)
	}
	t.op("MOVD %v, %v", out, at)
	for i := range side {
		for j, v := range d {
			t.op("FMOVQ %d(%v), %s", (i*side+j)*16, scratch, v.F())
		}
		for j, row := range t.filter.B {
			t.sum(sums[j], row, d)
			t.op("FMOVQ %s, (%v)", sums[j].F(), at)
			t.op("ADD %v, %v", point, at)
		}
	}
	t.op("ADD $16, %v", x)
	t.op("ADD $16, %v", out)
	t.op("SUBS $4, %v", channels)
	t.op("BNE %s", t.to("channels"))
	t.op("RET")
}

// next loads a vector at p, and moves p by as many bytes as by holds.
func (t *transforms) next(p, by general, v vector) {
	t.op("FMOVQ (%v), %s", p, v.F())
	t.op("ADD %v, %v", by, p)
}

// out is Aᵀ·m·A, with one bias per channel, and a residual where there is one.
func (t *transforms) out() {
	side, results := t.filter.Side(), t.filter.Results()
	t.function(t.name+"OutNEON", "func(channels int, m *float32, point int, out *float32, pixel, line int, bias, residual, scratch *float32)",
		fmt.Sprintf("transforms %d points back to %d by %[2]d pixels, adds bias and, where it is not nil, residual, which is laid out like out; channels is a multiple of 4.", t.filter.Points(), results))
	channels, m, point, out := t.argument("channels"), t.argument("m"), t.argument("point"), t.argument("out")
	pixel, line, bias, residual, scratch := t.argument("pixel"), t.argument("line"), t.argument("bias"), t.argument("residual"), t.argument("scratch")
	at, offset, column := t.general(), t.general(), t.general()
	t.begin()
	d, sums, each, more := t.vectors(side), t.vectors(results), t.vector(), t.vector()
	t.label("channels")
	t.op("MOVD %v, %v", m, at)
	for i := range side { // Aᵀ from the right, a row at a time
		for _, v := range d {
			t.next(at, point, v)
		}
		for j, row := range t.filter.A {
			t.sum(sums[j], row, d)
			t.op("FMOVQ %s, %d(%v)", sums[j].F(), (i*results+j)*16, scratch)
		}
	}
	t.op("MOVD $0, %v", column)
	t.op("FMOVQ (%v), %s", bias, each.F())
	for j := range results {
		for i, v := range d {
			t.op("FMOVQ %d(%v), %s", (i*results+j)*16, scratch, v.F())
		}
		t.op("MOVD %v, %v", column, offset)
		for i, row := range t.filter.A {
			y, plain := sums[i], fmt.Sprintf("plain%d_%d", i, j)
			t.sum(y, row, d)
			t.fadd(y, y, each)
			t.op("CBZ %v, %s", residual, t.to(plain))
			t.op("ADD %v, %v, %v", offset, residual, at)
			t.op("FMOVQ (%v), %s", at, more.F())
			t.fadd(y, y, more)
			t.label(plain)
			t.op("ADD %v, %v, %v", offset, out, at)
			t.op("FMOVQ %s, (%v)", y.F(), at)
			t.op("ADD %v, %v", line, offset)
		}
		t.op("ADD %v, %v", pixel, column)
	}
	for _, p := range []general{m, out, bias} {
		t.op("ADD $16, %v", p)
	}
	t.op("CBZ %v, %s", residual, t.to("next"))
	t.op("ADD $16, %v", residual)
	t.label("next")
	t.op("SUBS $4, %v", channels)
	t.op("BNE %s", t.to("channels"))
	t.op("RET")
}
