package cpu

import "slices"

// matmul is a matrix product with all that it reads and writes: value (c, r)
// of the result goes to out[c·outStride + r].
type matmul struct {
	left panels
	// Column c of the right side is the segments of the values from right[offsets[c]] on.
	right    []float32
	offsets  []int32
	segments []segment

	out       []float32
	outStride int
	bias      []float32 // one value per row; or nil
	residual  []float32 // added to the result, and laid out like it; or nil
}

// segment is depth values of each column that lie side by side, first values after
// its offset.
type segment struct{ first, depth int }

// columnOffsets completes a list of offsets with columns that are computed and
// not used, so that a tile may begin at any.
func (t *instructions) columnOffsets(offsets []int32) []int32 {
	return append(offsets, slices.Repeat(offsets[len(offsets)-1:], t.cols-1)...)
}

// evenly returns offsets of n columns that lie stride values apart.
func (t *instructions) evenly(n, stride int) []int32 {
	offsets := make([]int32, n)
	for i := range offsets {
		offsets[i] = int32(i * stride)
	}
	return t.columnOffsets(offsets)
}

// blockDepth is how much of a tile of the left side stays in the first level
// of the cache while columns pass: 256 × 32 values are 32 KiB.
const blockDepth = 256

// blocks cuts segments so that none is deeper than blockDepth.
func blocks(segments []segment) []segment {
	var list []segment
	for _, r := range segments {
		n := (r.depth + blockDepth - 1) / blockDepth
		for i := range n {
			from, to := r.depth*i/n, r.depth*(i+1)/n
			list = append(list, segment{r.first + from, to - from})
		}
	}
	return list
}

// columnChunk is how many columns one task multiplies, in tiles.
const columnChunk = 16

// multiply computes a product on all threads. Only the first n columns count.
func (p *Program) multiply(m *matmul, n int) {
	tiles := (m.left.height + p.rows - 1) / p.rows
	chunk := columnChunk * p.cols
	chunks := (n + chunk - 1) / chunk
	p.each(tiles*chunks, func(worker, i int) {
		from := i % chunks * chunk
		edge, _ := p.scratch(worker, 0)
		p.tile(m, i/chunks, from, min(from+chunk, n), edge)
	})
}

// tile computes one tile of rows of the columns [from, to).
func (t *instructions) tile(m *matmul, tile, from, to int, edge []float32) {
	row := tile * t.rows
	rows := min(t.rows, m.left.height-row)
	kernel := t.full
	if t.half != nil && rows <= t.rows/2 {
		kernel = t.half
	}
	left := m.left.data[tile*m.left.tile:]
	if rows != t.rows && (t.half == nil || rows != t.rows/2) {
		t.edge(m, kernel, left, row, rows, from, to, edge)
		return
	}
	at := 0
	for i, r := range m.segments {
		var bias, residual *float32
		if i == len(m.segments)-1 && m.bias != nil {
			bias = &m.bias[row]
		}
		var stride int
		if i == len(m.segments)-1 && m.residual != nil {
			residual, stride = &m.residual[from*m.outStride+row], 4*m.outStride
		}
		kernel(r.depth, &left[at*m.left.stride], 4*m.left.stride, &m.right[r.first], &m.offsets[from],
			&m.out[from*m.outStride+row], 4*m.outStride, to-from, min(i, 1), bias, residual, stride)
		at += r.depth
	}
}

// edge computes a tile that has fewer rows than its kernel: beside the result
// at first.
func (t *instructions) edge(m *matmul, kernel product, left []float32, row, rows, from, to int, sums []float32) {
	for c := from; c < to; c += t.cols {
		n := min(t.cols, to-c)
		at := 0
		for i, r := range m.segments {
			kernel(r.depth, &left[at*m.left.stride], 4*m.left.stride, &m.right[r.first], &m.offsets[c],
				&sums[0], 4*t.rows, n, min(i, 1), nil, nil, 0)
			at += r.depth
		}
		for j := range n {
			out := m.out[(c+j)*m.outStride+row:][:rows]
			copy(out, sums[j*t.rows:])
			if m.bias != nil {
				add(out, out, m.bias[row:row+rows])
			}
			if m.residual != nil {
				add(out, out, m.residual[(c+j)*m.outStride+row:][:rows])
			}
		}
	}
}
