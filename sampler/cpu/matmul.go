package cpu

// The matrix product: out[r, c] = Σₖ a[r, k]·b[k, c], in tiles of tileRows
// rows of a by tileCols columns of b whose sums stay in registers. Both sides
// are packed so that a tile's values of one k lie together. What a tile has
// too much is zero, and every value is one sum over k in rising order.
const (
	tileRows = 4
	tileCols = 2
)

// panels is a matrix of rows × depth, packed a tile of rows at a time.
type panels struct {
	rows, depth int
	data        []float32 // ⌈rows/tileRows⌉ × depth × tileRows
}

func newPanels(rows, depth int) *panels {
	m := &panels{rows: rows, depth: depth}
	m.data = make([]float32, m.len())
	return m
}

// len is the number of values that the packed matrix takes.
func (m *panels) len() int { return m.tiles() * m.depth * tileRows }

func (m *panels) tiles() int { return (m.rows + tileRows - 1) / tileRows }

func (m *panels) tile(i int) []float32 {
	return m.data[i*m.depth*tileRows : (i+1)*m.depth*tileRows]
}

// pack fills the panels from a row-major matrix.
func (m *panels) pack(values []float32) {
	for r := range m.rows {
		m.setRow(r, values[r*m.depth:(r+1)*m.depth])
	}
}

// setRow sets row r.
func (m *panels) setRow(r int, values []float32) {
	tile := m.tile(r / tileRows)[r%tileRows:]
	for k, v := range values {
		tile[k*tileRows] = v
	}
}

// setCol sets column k.
func (m *panels) setCol(k int, values []float32) {
	for r, v := range values {
		m.data[(r/tileRows*m.depth+k)*tileRows+r%tileRows] = v
	}
}

// colTiles is the number of column tiles of n columns.
func colTiles(n int) int { return (n + tileCols - 1) / tileCols }

// packCols packs n columns, column c of them being the depth values
// values[c·stride …], into dst.
func packCols(dst, values []float32, n, depth, stride int) {
	for c := 0; c < n; c += tileCols {
		tile := dst[c*depth : (c+tileCols)*depth]
		a := values[c*stride : c*stride+depth]
		if c+1 == n {
			for k, v := range a {
				tile[2*k], tile[2*k+1] = v, 0
			}
			continue
		}
		b := values[(c+1)*stride : (c+1)*stride+depth]
		for k, v := range a {
			tile[2*k], tile[2*k+1] = v, b[k]
		}
	}
}

// target says where products go: value (r, c) to
// dst[r·rowStride + c·colStride].
type target struct {
	dst                  []float32
	rowStride, colStride int
	bias                 []float32 // a row; or nil
}

// multiply computes the products of the row tiles [from, to) of a with cols
// packed columns.
func multiply(t target, a *panels, from, to int, b []float32, cols int) {
	for i := from; i < to; i++ {
		rowTile := a.tile(i)
		for c := 0; c < cols; c += tileCols {
			s := dot4x2(rowTile, b[c*a.depth:(c+tileCols)*a.depth])
			for r := range min(tileRows, a.rows-i*tileRows) {
				row := i*tileRows + r
				var bias float32
				if t.bias != nil {
					bias = t.bias[row]
				}
				at := row*t.rowStride + c*t.colStride
				t.dst[at] = s[2*r] + bias
				if c+1 < cols {
					t.dst[at+t.colStride] = s[2*r+1] + bias
				}
			}
		}
	}
}

// dot4x2 returns the 4×2 sums of products of a tile, row by row. Eight chains
// of additions hide the latency of one.
func dot4x2(a, b []float32) [8]float32 {
	var s00, s01, s10, s11, s20, s21, s30, s31 float32
	for len(a) >= 4 && len(b) >= 2 {
		a0, a1, a2, a3 := a[0], a[1], a[2], a[3]
		b0, b1 := b[0], b[1]
		s00 += a0 * b0
		s01 += a0 * b1
		s10 += a1 * b0
		s11 += a1 * b1
		s20 += a2 * b0
		s21 += a2 * b1
		s30 += a3 * b0
		s31 += a3 * b1
		a, b = a[4:], b[2:]
	}
	return [8]float32{s00, s01, s10, s11, s20, s21, s30, s31}
}
