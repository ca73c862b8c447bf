package provenance

import (
	"image"
	"math"
	"math/cmplx"
)

// Detection is what [Detect] found.
type Detection struct {
	Found bool
	// Score is how well the image fits the best watermark of the key, in standard
	// deviations of the score of an image without one; Threshold is the least
	// that counts.
	Score, Threshold float64
	// Bits are what the watermark carries; Readable is false where its check
	// differs.
	Bits     uint32
	Readable bool
	// Scale is how many times as wide and high the image is as when it was marked.
	Scale float64
}

// FalseAlarm is the most of the keys that may find a watermark in an image that
// has none.
const FalseAlarm = 1e-6

// usualScales are tried always, the others where they are searched.
var usualScales = []float64{1, 0.5, 2}

const (
	leastSide  = 32   // pixels of an image in which a watermark is looked for
	detectSide = 1024 // pixels of an image's middle that are looked at
	searchSide = 512  // where many scales are tried
	searchFrom = 0.5
	searchTo   = 2
	searchStep = 1.005
)

// Detect looks for a watermark of a key: at the image's own size, at twice and at
// half of it, and, if search is set, at 280 sizes in between, which takes
// seconds. The image may be shifted, cropped, and inverted, not rotated or mirrored.
//
// The score of a watermark is the sum of the products of its signs with what the
// image has of their waves, over the root of the sum of squares. The key's signs
// are random and independent of an image that has no mark, so that one watermark
// scores t or more with a probability of exp(-t²/2) at most (Hoeffding 1963),
// whatever the image. The threshold is that for all that are tried together
// (each codeword, shift, scale, and inversion) this is [FalseAlarm].
func Detect(img *image.Gray, key Key, search bool) Detection {
	var all []float64
	if search {
		for s := searchFrom; s <= searchTo; s *= searchStep {
			all = append(all, s)
		}
	}
	d := Detection{Scale: 1, Threshold: threshold(len(usualScales) + len(all))}
	if img.Rect.Dx() < leastSide || img.Rect.Dy() < leastSide {
		return d
	}
	signs := key.signs()
	for _, scale := range usualScales {
		d.try(gridOf(img, detectSide), scale, &signs)
		if d.Found {
			return d
		}
	}
	for _, scale := range all {
		d.try(gridOf(img, searchSide), scale, &signs)
	}
	return d
}

// try looks at one size, and keeps what it finds if that is the best.
func (d *Detection) try(g grid, scale float64, signs *[chips]int8) {
	if scale != 1 {
		g = g.rescaled(1 / scale)
	}
	score, word := spectrumOf(g).best(signs)
	if score > d.Score {
		d.Score, d.Scale, d.Found = score, scale, score >= d.Threshold
		d.Bits, d.Readable = bitsOf(word)
	}
}

// threshold of the score where so many scales are tried.
func threshold(scales int) float64 {
	tried := 8*symbols*math.Ln2 + math.Log(tileSide*tileSide) + math.Ln2 + math.Log(float64(scales))
	return math.Sqrt(2 * (tried - math.Log(FalseAlarm)))
}

// Chance bounds how likely an image without a watermark is to score as much,
// over all keys: its logarithm to the base of 10.
func (d Detection) Chance() float64 {
	return min(0, (d.Threshold*d.Threshold-d.Score*d.Score)/2/math.Ln10+math.Log10(FalseAlarm))
}

// spectrum is what an image has of each wave, with amplitude 1: what an edge or
// a grid in the image has more of than the watermark does not count (phase-only
// correlation, Kuglin and Hines 1975).
type spectrum [chips / 2]complex128

const (
	evenRadius = 6   // pixels over which an image is made even
	evenLeast  = 1.5 // grey levels of deviation that are added, so that flat parts stay so
)

// spectrumOf makes an image even, so that each part of it counts alike, adds up
// its tiles, and transforms the sum.
func spectrumOf(g grid) *spectrum {
	const area = (2*evenRadius + 1) * (2*evenRadius + 1)
	rest, squares := make([]float64, len(g.values)), make([]float64, len(g.values))
	copy(rest, g.values)
	boxSums(rest, g.width, g.height, evenRadius)
	for i, sum := range rest {
		rest[i] = g.values[i] - sum/area
		squares[i] = rest[i] * rest[i]
	}
	boxSums(squares, g.width, g.height, evenRadius)
	var p plane
	for i, v := range rest {
		x, y := i%g.width%tileSide, i/g.width%tileSide
		p[y*tileSide+x] += complex(v/(math.Sqrt(max(squares[i]/area, 0))+evenLeast), 0)
	}
	p.transform()
	var s spectrum
	for i, w := range waves {
		v := p[place(w.u, w.v)]
		if a := cmplx.Abs(v); a > 0 {
			s[i] = v / complex(a, 0)
		}
	}
	return &s
}

// place of a frequency in a plane.
func place(u, v int) int { return v&(tileSide-1)*tileSide + u&(tileSide-1) }

// best finds the shift at which the pilots fit best, reads the symbols there,
// and scores the codeword that they are.
func (s *spectrum) best(signs *[chips]int8) (score float64, word [symbols]byte) {
	var p plane
	energy := 0.0
	for i, w := range waves {
		energy += real(s[i])*real(s[i]) + imag(s[i])*imag(s[i])
		if symbol, _ := group(2 * i); symbol >= symbols {
			p[place(-w.u, -w.v)] = s[i] * conjugate(signs, i) // of the reverse transform
		}
	}
	if energy == 0 {
		return 0, word
	}
	p.transform()
	sum, shift, inverted := 0.0, 0, 1.0
	for i, v := range p {
		if a := math.Abs(real(v)); a > sum {
			sum, shift, inverted = a, i, math.Copysign(1, real(v))
		}
	}
	dx, dy := shift%tileSide, shift/tileSide
	var pairs [symbols][walshes]float64
	for i, w := range waves {
		if symbol, at := group(2 * i); symbol < symbols {
			back := cmplx.Rect(inverted, 2*math.Pi/tileSide*float64(w.u*dx+w.v*dy))
			pairs[symbol][at] = real(s[i] * back * conjugate(signs, i))
		}
	}
	for i := range word {
		word[i] = likeliest(pairs[i])
		for at, v := range pairs[i] {
			sum += float64(turn(word[i], at)) * v
		}
	}
	return sum / math.Sqrt(energy), word
}

// conjugate is that of what a key's wave i is in a spectrum.
func conjugate(signs *[chips]int8, i int) complex128 {
	return complex(float64(signs[2*i]), float64(signs[2*i+1]))
}
