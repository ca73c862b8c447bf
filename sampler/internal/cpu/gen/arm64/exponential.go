package main

import (
	"math"

	"github.com/roentgo/roentgo/sampler/internal/cpu/gen/exp"
)

// block is how many vectors pass a loop together, so that one does not wait for
// the result of another.
const block = 4

// exponential is what exp of elementwise.go does, with fused multiply-adds.
type exponential struct {
	*assembler
	*constants
	n, p, q, below []vector
}

func newExponential(a *assembler) *exponential {
	list := []uint32{bits(exp.Least), bits(exp.Most), bits(math.Log2E), bits(exp.Ln2High), bits(exp.Ln2Low), exp.Bias}
	for _, term := range exp.Taylor() {
		list = append(list, bits(term))
	}
	return &exponential{assembler: a, constants: a.constants("exp", list)}
}

// begin takes the registers of a function that calls sigmoidTimes.
func (e *exponential) begin() {
	e.take(e.constants)
	e.n, e.p, e.q, e.below = e.vectors(block), e.vectors(block), e.vectors(block), e.vectors(block)
}

// exp replaces each of x by its exponential; 0 where that is below the smallest
// normal number, infinity near the largest.
func (e *exponential) exp(x []vector) {
	for i, x := range x {
		e.repeat(e.n[i], e.value(exp.Most))
		e.fmin(x, x, e.n[i])
		e.repeat(e.p[i], e.value(exp.Least))
		e.fcmge(e.below[i], e.p[i], x)
	}
	for i, x := range x {
		e.fmulBy(e.n[i], x, e.value(math.Log2E))
		e.frintn(e.n[i], e.n[i])
	}
	for i, x := range x {
		e.fmlsBy(x, e.n[i], e.value(exp.Ln2High))
		e.fmlsBy(x, e.n[i], e.value(exp.Ln2Low))
	}
	p := e.polynomial(e.constants, exp.Taylor(), x, e.p, e.q)
	for i, x := range x {
		e.fcvtns(e.n[i], e.n[i])
		e.repeat(x, e.integer(exp.Bias))
		e.add(e.n[i], e.n[i], x)
		e.shl(e.n[i], e.n[i], 23)
		e.fmul(x, e.n[i], p[i])
		e.bic(x, x, e.below[i])
	}
}

// polynomial returns the values at x of a polynomial, its lowest term first, in
// p or q.
func (a *assembler) polynomial(c *constants, terms []float64, x, p, q []vector) []vector {
	for k := len(terms) - 1; k >= 0; k-- {
		for i := range x {
			a.repeat(q[i], c.value(terms[k]))
			if k < len(terms)-1 {
				a.fmla(q[i], x[i], p[i])
			}
		}
		p, q = q, p
	}
	return p
}

// sigmoidTimes sets each of x to x·sigmoid(x), and needs as many others.
func (e *exponential) sigmoidTimes(x, d []vector) {
	for i := range x {
		e.fneg(d[i], x[i])
	}
	e.exp(d)
	for i := range x {
		e.repeat(e.n[i], e.value(1))
		e.fadd(d[i], d[i], e.n[i])
		e.fdiv(x[i], x[i], d[i])
	}
}

func (e *exponential) silu() {
	e.function("siluNEON", "func(n int, out, x *float32)", "sets out to x/(1+exp(−x)) for n values, a multiple of 16.")
	n, out, x := e.argument("n"), e.argument("out"), e.argument("x")
	e.begin()
	v, d := e.vectors(block), e.vectors(block)
	e.label("loop")
	e.load(x, v)
	e.sigmoidTimes(v, d)
	e.store(v, out)
	e.op("SUBS $16, %v", n)
	e.op("BNE %s", e.to("loop"))
	e.op("RET")
}

// expSum works with powers of two: e to the power of (x−most)·scale is 2ⁿ·2ʳ,
// with a polynomial for 2ʳ, |r| ≤ 1/2.
func (a *assembler) expSum() {
	terms := exp.PowerOfTwo(5)
	list := []uint32{bits(exp.LeastPower)}
	for _, term := range terms {
		list = append(list, bits(term))
	}
	c := a.constants("exp2", list)
	a.function("expSumNEON", "func(n int, x *float32, scale, shift float32) float64",
		"replaces n values, a multiple of 16, by 2 to the power of x·scale+shift, which is at most about 0, and returns their sum.")
	n, x := a.argument("n"), a.argument("x")
	a.take(c)
	factors := a.vector()
	a.op("FMOVS %s, %s", a.at("scale"), factors.F())
	scale := element{factors, 0}
	shift := a.vector()
	a.op("FMOVS %s, %s", a.at("shift"), shift.F())
	a.repeat(shift, element{shift, 0})
	sums := a.vectors(block)
	for _, sum := range sums {
		a.zero(sum)
	}
	a.label("loop")
	a.scope(func() {
		v, t, p, q := a.vectors(block), a.vectors(block), a.vectors(block), a.vectors(block)
		a.loadAt(x, v)
		for i := range v {
			a.copy(t[i], shift)
			a.fmlaBy(t[i], v[i], scale)
			a.repeat(v[i], c.value(exp.LeastPower))
			a.fmax(t[i], t[i], v[i])
		}
		whole := v
		for i := range t {
			a.frintn(whole[i], t[i])
			a.fsub(t[i], t[i], whole[i])
		}
		p = a.polynomial(c, terms, t, p, q)
		for i, sum := range sums {
			a.fcvtns(whole[i], whole[i])
			a.shl(whole[i], whole[i], 23)
			a.add(p[i], p[i], whole[i])
			a.fadd(sum, sum, p[i])
		}
		a.store(p, x)
	})
	a.op("SUBS $16, %v", n)
	a.op("BNE %s", a.to("loop"))
	low, high, wide := a.vector(), a.vector(), a.vector()
	a.zero(low)
	a.zero(high)
	for _, sum := range sums {
		a.fcvtl(wide, sum)
		a.faddDouble(low, low, wide)
		a.fcvtl2(wide, sum)
		a.faddDouble(high, high, wide)
	}
	a.faddDouble(low, low, high)
	a.faddp(low, low)
	a.op("FMOVD %s, %s", low.F(), a.at("ret"))
	a.op("RET")
}

func (a *assembler) largest() {
	a.function("largestNEON", "func(n int, x *float32) float32", "returns the largest of n values, a multiple of 16.")
	n, x := a.argument("n"), a.argument("x")
	most, v := a.vectors(block), a.vectors(block)
	a.loadAt(x, most)
	a.label("loop")
	a.load(x, v)
	for i, m := range most {
		a.fmax(m, m, v[i])
	}
	a.op("SUBS $16, %v", n)
	a.op("BNE %s", a.to("loop"))
	a.fmax(most[0], most[0], most[1])
	a.fmax(most[2], most[2], most[3])
	a.fmax(most[0], most[0], most[2])
	a.fmaxv(most[0], most[0])
	a.op("FMOVS %s, %s", most[0].F(), a.at("ret"))
	a.op("RET")
}
