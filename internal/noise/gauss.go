package noise

import "math"

// Latent fills dst with standard Gaussian values of one stream of one image,
// element e of the latent in channel, row, column order.
//
// By Box and Muller (1958), from four words x a group of four values:
// u₁ = ((x₀ >> 8) + 1)·2⁻²⁴ and u₂ = (x₁ >> 8)·2⁻²⁴ give
// √(−2 ln u₁)·cos 2πu₂ and √(−2 ln u₁)·sin 2πu₂, and so do x₂ and x₃;
// computed in float64 and rounded once to float32.
func Latent(dst []float32, seed uint64, image, stream uint32) {
	for e := 0; e < len(dst); e += 4 {
		x := words(seed, uint32(e/4), image, stream)
		var z [4]float32
		z[0], z[1] = boxMuller(x[0], x[1])
		z[2], z[3] = boxMuller(x[2], x[3])
		copy(dst[e:], z[:])
	}
}

func boxMuller(a, b uint32) (cosine, sine float32) {
	u1, u2 := float64(a>>8+1)*0x1p-24, float64(b>>8)*0x1p-24
	r := math.Sqrt(float64(-2 * log(u1)))
	s, c := sincosTurns(u2)
	return float32(float64(r * c)), float32(float64(r * s))
}

// In what follows every product is converted to float64 before it is added to
// anything: the language then forbids to fuse the two, which arm64 and others
// would do, with other bits.

// log is the natural logarithm of x in (0, 1], within 2 units in the last
// place: x = m·2ᵉ with m in [√½, √2), ln m = 2 artanh((m−1)/(m+1)) by its
// series.
func log(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01 // the upper 33 bits of ln 2, so that e·ln2Hi is exact
		ln2Lo = 1.90821492927058770002e-10
	)
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	s := (m - 1) / (m + 1)
	z := float64(s * s)
	var sum float64
	for n := 25; n >= 3; n -= 2 {
		sum = float64(z * (1/float64(n) + sum))
	}
	small := float64(float64(2*s) * sum)
	return float64(float64(e)*ln2Hi) + (float64(2*s) + (small + float64(float64(e)*ln2Lo)))
}

// sincosTurns returns sin 2πu and cos 2πu of u in [0, 1). The turn is reduced
// to an eighth exactly, where the Taylor series are short.
func sincosTurns(u float64) (sin, cos float64) {
	quarter := math.Floor(float64(u*4) + 0.5)
	x := float64((u - float64(quarter/4)) * (2 * math.Pi))
	z := float64(x * x)
	var s, c float64
	for n := 19; n >= 3; n -= 2 { // sin x = x − x³/3! + …
		s = float64(-z / float64(n*(n-1)) * (1 + s))
	}
	for n := 20; n >= 2; n -= 2 { // cos x = 1 − x²/2! + …
		c = float64(-z / float64(n*(n-1)) * (1 + c))
	}
	s, c = x+float64(x*s), 1+c
	switch int(quarter) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}
