package cpu

// linear is x·weightᵀ over the last axis: every row of x is a column of the
// product.
func (n *node) linear(w panels) kernel {
	rows := len(n.in[0]) / w.depth
	m := &matmul{left: w, right: n.in[0], offsets: n.p.evenly(rows, w.depth), segments: blocks([]segment{{0, w.depth}}),
		out: n.out, outStride: w.height, bias: n.own(2), residual: n.residual()}
	return always(func() { n.p.multiply(m, rows) })
}

// conv is a matrix product that reads the windows of x where they lie: with
// channels last and a border of zeros around x, the values of one row of a
// window are one segment.
func (n *node) conv(w panels) kernel {
	x, size := n.bordered(0), n.window()
	row := x.width * x.channels
	var segments []segment
	for i := range size {
		segments = append(segments, segment{i * row, size * x.channels})
	}
	pixels := n.Shape[1] * n.Shape[2]
	count := n.Shape[0] * pixels
	offsets := make([]int32, count)
	for i := range offsets {
		b, y, column := i/pixels, i%pixels/n.Shape[2], i%n.Shape[2]
		offsets[i] = int32(((b*x.height+y*n.Stride)*x.width + column*n.Stride) * x.channels)
	}
	m := &matmul{left: w, right: x.values, offsets: n.p.columnOffsets(offsets), segments: blocks(segments),
		out: n.out, outStride: w.height, residual: n.residual()}
	return n.biased(func(sample, samples int, bias []float32) {
		at := *m
		at.bias = bias
		at.out = m.out[sample*pixels*w.height:]
		at.offsets = m.offsets[sample*pixels:]
		if m.residual != nil {
			at.residual = m.residual[sample*pixels*w.height:]
		}
		n.p.multiply(&at, samples*pixels)
	})
}

// biased calls f with what is added to each channel: for all samples at once,
// unless it differs between them.
func (n *node) biased(f func(sample, samples int, bias []float32)) kernel {
	bias := n.in[2]
	if !n.PerChannel {
		return always(func() { f(0, n.Shape[0], bias) })
	}
	more := n.in[3]
	samples := n.Shape[0] * len(bias) / len(more)
	both := make([]float32, len(bias))
	return always(func() {
		for i := 0; i*samples < n.Shape[0]; i++ {
			add(both, bias, more[i*len(bias):][:len(bias)])
			f(i*samples, samples, both)
		}
	})
}

// window is the height and width of a convolution's window.
func (n *node) window() int { return n.shape(1)[2] }

// images is the memory of images with their borders.
type images struct {
	values                  []float32
	height, width, channels int
}

// bordered returns operand i with its border.
func (n *node) bordered(i int) images {
	s, border := n.shape(i), n.p.plan.Nodes[n.In[i]].Border
	return images{n.in[i], s[1] + 2*border, s[2] + 2*border, s[3]}
}

// packedWeights brings the weights (O, C, k, k) of a convolution, or (O, C) of
// a linear layer, into the order in which they meet the values of a window.
func (t *instructions) packedWeights(weights []float32, shape []int) panels {
	height, depth := shape[0], len(weights)/shape[0]
	w := packed(t.rows, height, depth, make([]float32, packedLen(t.rows, height, depth)))
	area := depth / shape[1]
	row := make([]float32, depth)
	for r := range height {
		from := weights[r*depth:][:depth]
		for c := range shape[1] {
			for at := range area {
				row[at*shape[1]+c] = from[c*area+at]
			}
		}
		w.setRow(r, row, 1)
	}
	return w
}
