package cpu

import "slices"

//go:generate go run ./gen -out product_amd64.s -stubs product_amd64.go -pkg cpu

// instructions are the inner loops for one instruction set.
//
// The matrix product out[r, c] = Σₖ a[r, k]·b[k, c] is taken in tiles of rows
// of a by cols columns of b whose sums stay in registers. Both sides are packed
// so that a tile's values of one k lie together. What a tile has too much is
// zero, and every value is one sum over k in rising order.
//
// Instruction sets with fused multiply-add give the same bytes as each other.
type instructions struct {
	name       string
	rows, cols int
	// sums sets out[c·rows+r] to the sum of a[k·rows+r]·b[k·cols+c] over the
	// depth values of k.
	sums func(depth int, a, b, out *float32)
	// softmax replaces x by eˢᵃˡᵉ·ˣ over its sum.
	softmax func(x []float32, scale float32)
	// silu sets out to x·sigmoid(x).
	silu func(out, x []float32)
}

// maxTile is the number of sums of the largest tile.
const maxTile = 32 * 8

// panels is a matrix of rows × depth, packed a tile of rows at a time.
type panels struct {
	*instructions
	height, depth int
	data          []float32 // ⌈height/rows⌉ × depth × rows
}

func newPanels(t *instructions, height, depth int) *panels {
	m := &panels{instructions: t, height: height, depth: depth}
	m.data = make([]float32, m.len())
	return m
}

// len is the number of values that the packed matrix takes.
func (m *panels) len() int { return m.tiles() * m.depth * m.rows }

func (m *panels) tiles() int { return (m.height + m.rows - 1) / m.rows }

// pack fills the panels from a row-major matrix.
func (m *panels) pack(values []float32) {
	for r := range m.height {
		m.setRow(r, values[r*m.depth:(r+1)*m.depth])
	}
}

// setRow sets row r.
func (m *panels) setRow(r int, values []float32) {
	tile := m.data[r/m.rows*m.depth*m.rows+r%m.rows:]
	for k, v := range values {
		tile[k*m.rows] = v
	}
}

// setCol sets column k.
func (m *panels) setCol(k int, values []float32) {
	for r := 0; r < m.height; r += m.rows {
		copy(m.data[(r/m.rows*m.depth+k)*m.rows:][:m.rows], values[r:m.height])
	}
}

// padded is n, raised to whole tiles of columns.
func (t *instructions) padded(n int) int { return (n + t.cols - 1) / t.cols * t.cols }

// packCols packs n columns, column c of them being the depth values
// values[c·stride …], into dst.
func (t *instructions) packCols(dst, values []float32, n, depth, stride int) {
	first := 0
	if t.cols == 8 { // the writes of a step are one line of the cache
		for ; first+8 <= n; first += 8 {
			transpose8(dst[first*depth:], values[first*stride:], depth, stride)
		}
	}
	for c := first; c < t.padded(n); c++ {
		tile := dst[c/t.cols*t.cols*depth+c%t.cols:]
		if c >= n {
			for k := range depth {
				tile[k*t.cols] = 0
			}
			continue
		}
		for k, v := range values[c*stride : c*stride+depth] {
			tile[k*t.cols] = v
		}
	}
}

// transpose8 packs eight columns of depth values.
func transpose8(dst, values []float32, depth, stride int) {
	column := func(c int) []float32 { return values[c*stride:][:depth] }
	c0, c1, c2, c3 := column(0), column(1), column(2), column(3)
	c4, c5, c6, c7 := column(4), column(5), column(6), column(7)
	for k := range c0 {
		to := (*[8]float32)(dst[8*k:])
		to[0], to[1], to[2], to[3] = c0[k], c1[k], c2[k], c3[k]
		to[4], to[5], to[6], to[7] = c4[k], c5[k], c6[k], c7[k]
	}
}

// target says where products go: value (r, c) to
// dst[r·rowStride + c·colStride]. One of the strides is 1.
type target struct {
	dst                  []float32
	rowStride, colStride int
	bias                 []float32 // a row; or nil
}

// multiply computes the products of the row tiles [from, to) of a with cols
// packed columns.
func multiply(t target, a *panels, from, to int, b []float32, cols int) {
	var out [maxTile]float32
	for i := from; i < to; i++ {
		row := i * a.rows
		n := min(a.rows, a.height-row)
		for c := 0; c < cols; c += a.cols {
			a.sums(a.depth, &a.data[row*a.depth], &b[c*a.depth], &out[0])
			m := min(a.cols, cols-c)
			if t.bias != nil {
				for j := range m {
					sums := out[j*a.rows:][:n]
					for r, v := range t.bias[row : row+n] {
						sums[r] += v
					}
				}
			}
			if t.rowStride == 1 {
				for j := range m {
					copy(t.dst[row+(c+j)*t.colStride:][:n], out[j*a.rows:])
				}
				continue
			}
			for r := range n {
				line := t.dst[(row+r)*t.rowStride+c*t.colStride:]
				for j := range m {
					line[j*t.colStride] = out[j*a.rows+r]
				}
			}
		}
	}
}

// plain is the product in Go alone.
var plain = &instructions{name: "go", rows: 4, cols: 2, sums: sumsGo, softmax: softmax, silu: silu}

// available are those that this processor can run, the fastest first.
func available() []*instructions { return append(slices.Clone(fast), plain) }
