package cpu

// panels is the left side of a product, a matrix of height × depth: the tile
// of the rows from i·rows begins at data[i·tile], and in it value (r, k) is at
// k·stride + r.
type panels struct {
	height, depth int
	tile, stride  int
	data          []float32
}

// packed returns panels of zeros in which a tile's values of one k lie
// together.
func packed(rows, height, depth int, data []float32) panels {
	return panels{height: height, depth: depth, tile: depth * rows, stride: rows, data: data}
}

// packedLen is the number of values that packed panels take.
func packedLen(rows, height, depth int) int { return raised(height, rows) * depth }

// raised is n, raised to a multiple of m.
func raised(n, m int) int { return (n + m - 1) / m * m }

// setRow sets row r: its value k is values[k·step].
func (m *panels) setRow(r int, values []float32, step int) {
	to := m.data[r/m.stride*m.tile+r%m.stride:]
	for k := range m.depth {
		to[k*m.stride] = values[k*step]
	}
}

// set sets value (r, k).
func (m *panels) set(r, k int, v float32) {
	m.data[r/m.stride*m.tile+k*m.stride+r%m.stride] = v
}
