package provenance

import (
	"cmp"
	"math"
	"slices"
)

// The watermark's pattern repeats every tileSide pixels in both directions, so
// that a part of an image has all of it. It is a sum of waves of the middle
// frequencies: above those in which an image has most of its own energy, and
// below those that JPEG compression and scaling to a half take away.
const (
	tileSide  = 128
	tileLow   = 6 // waves in a tile, at least; the lowest from there on are used
	tableBits = 14
)

// wave is a frequency: waves in a tile from left to right and from top to bottom.
type wave struct{ u, v int }

// waves are the frequencies of the pattern, one of each two that differ by sign
// alone, from low to high.
var waves = func() (list [chips / 2]wave) {
	var all []wave
	for v := range tileSide / 4 {
		for u := -tileSide / 4; u < tileSide/4; u++ {
			if u*u+v*v >= tileLow*tileLow && (v > 0 || u > 0) {
				all = append(all, wave{u, v})
			}
		}
	}
	slices.SortFunc(all, func(a, b wave) int {
		return cmp.Or(cmp.Compare(a.u*a.u+a.v*a.v, b.u*b.u+b.v*b.v), cmp.Compare(a.v, b.v), cmp.Compare(a.u, b.u))
	})
	copy(list[:], all)
	return list
}()

// cosines are those of a tile's angles in whole numbers, whose sums are the
// same on every machine.
var cosines = func() (table [tileSide]int64) {
	for i := range table {
		table[i] = int64(math.Round(math.Cos(2*math.Pi*float64(i)/tileSide) * (1 << tableBits)))
	}
	return table
}()

func cosine(angle int) int64 { return cosines[angle&(tileSide-1)] }
func sine(angle int) int64   { return cosine(angle - tileSide/4) }

// patternBits is the scale of a pattern's values: a wave of two chips of 1 has
// amplitude √2 · 2^patternBits.
const patternBits = 6

// pattern is the tile of those signs, row by row: the sum over the waves of
// sign·cos + sign·sin. First the waves of one v are added up, for each x; then
// rows are made of those sums.
func pattern(signs [chips]int8) *[tileSide * tileSide]int64 {
	var c, s [tileSide / 4][tileSide]int64 // the factors of cos(v·y) and sin(v·y)
	for i, w := range waves {
		a, b := int64(signs[2*i]), int64(signs[2*i+1])
		for x := range tileSide {
			cos, sin := cosine(w.u*x), sine(w.u*x)
			c[w.v][x] += a*cos + b*sin
			s[w.v][x] += b*cos - a*sin
		}
	}
	var tile [tileSide * tileSide]int64
	for y := range tileSide {
		row := tile[y*tileSide:][:tileSide]
		for v := range c {
			cos, sin := cosine(v*y), sine(v*y)
			for x := range row {
				row[x] += cos*c[v][x] + sin*s[v][x]
			}
		}
		for x := range row {
			row[x] >>= 2*tableBits - patternBits
		}
	}
	return &tile
}
