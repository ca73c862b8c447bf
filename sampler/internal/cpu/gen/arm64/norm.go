package main

// moments sums 16 channels over pixels, in float64: a value is one chain of
// additions over the pixels in rising order.
func (a *assembler) moments() {
	a.function("momentsNEON", "func(pixels int, x *float32, stride int, sums, squares *float64)",
		"sets the sums, and the sums of squares, of 16 channels over pixels that lie stride bytes apart.")
	pixels, x, stride := a.argument("pixels"), a.argument("x"), a.argument("stride")
	toSums, toSquares := a.argument("sums"), a.argument("squares")
	sums, squares, v := a.vectors(2*block), a.vectors(2*block), a.vectors(block)
	for i := range sums {
		a.zero(sums[i])
		a.zero(squares[i])
	}
	wide := a.vectors(block)
	a.label("loop")
	a.op("VLD1.P (%v)(%v), %s", x, stride, list(v, vector.S4))
	for i := range sums {
		d := wide[i%block]
		if i%2 == 0 {
			a.fcvtl(d, v[i/2])
		} else {
			a.fcvtl2(d, v[i/2])
		}
		a.faddDouble(sums[i], sums[i], d)
		a.fmlaDouble(squares[i], d, d)
	}
	a.op("SUBS $1, %v", pixels)
	a.op("BNE %s", a.to("loop"))
	for _, half := range []int{0, block} {
		a.op("VST1.P %s, %d(%v)", list(sums[half:][:block], vector.D2), 16*block, toSums)
		a.op("VST1.P %s, %d(%v)", list(squares[half:][:block], vector.D2), 16*block, toSquares)
	}
	a.op("RET")
}

// normalize is the second half of a norm.
func (e *exponential) normalize() {
	e.function("normalizeNEON", "func(pixels, channels int, out, x, mean, scale, shift *float32, silu int)",
		"sets out to (x−mean)·scale+shift of each channel, and where silu is not 0 to the SiLU of that; channels is a multiple of 16.")
	pixels, channels, out, x := e.argument("pixels"), e.argument("channels"), e.argument("out"), e.argument("x")
	mean, scale, shift, silu := e.argument("mean"), e.argument("scale"), e.argument("shift"), e.argument("silu")
	left, atMean, atScale, atShift := e.general(), e.general(), e.general(), e.general()
	e.begin()
	v, d := e.vectors(block), e.vectors(block)
	e.label("pixel")
	e.op("MOVD %v, %v", channels, left)
	e.op("MOVD %v, %v", mean, atMean)
	e.op("MOVD %v, %v", scale, atScale)
	e.op("MOVD %v, %v", shift, atShift)
	e.label("channel")
	e.load(x, d)
	e.load(atMean, e.n)
	e.load(atScale, e.p)
	e.load(atShift, v)
	for i := range v {
		e.fsub(d[i], d[i], e.n[i])
		e.fmla(v[i], d[i], e.p[i])
	}
	e.op("CBZ %v, %s", silu, e.to("store"))
	e.sigmoidTimes(v, d)
	e.label("store")
	e.store(v, out)
	e.op("SUBS $16, %v", left)
	e.op("BNE %s", e.to("channel"))
	e.op("SUBS $1, %v", pixels)
	e.op("BNE %s", e.to("pixel"))
	e.op("RET")
}
