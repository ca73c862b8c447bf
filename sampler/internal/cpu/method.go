package cpu

import "github.com/roentgo/roentgo/internal/graph"

// method is a way to compute a convolution.
type method uint8

const (
	direct    method = iota // one product over the values of a window
	winograd2               // F(2×2, 3×3): 1.8 times the weights, 2.25 times fewer products
	winograd4               // F(4×4, 3×3): 4 times the weights, 4 times fewer products
)

// filter returns the filter of a method, or nil.
func (t *instructions) filter(m method) *filter {
	switch m {
	case winograd2:
		return &t.f2
	case winograd4:
		return &t.f4
	}
	return nil
}

// shape is a convolution with windows of 3×3, stride 1 and padding 1: its
// channels and the size of its images.
type shape struct{ in, out, height, width int }

// filtered returns the shape of a node that Winograd's filters can compute.
func filtered(p *graph.Plan, v graph.Value) (s shape, ok bool) {
	n := &p.Nodes[v]
	if n.Op != graph.Conv2d || n.Stride != 1 || n.Padding != 1 {
		return s, false
	}
	w := p.Nodes[n.In[1]].Shape
	s = shape{w[1], w[0], n.Shape[1], n.Shape[2]}
	return s, w[2] == 3 && s.in%lanes == 0 && s.out%lanes == 0
}

// fits reports whether images divide into the tiles of a method.
func (s shape) fits(f *filter) bool {
	return f == nil || s.height%f.Results() == 0 && s.width%f.Results() == 0
}

// fastest is the method for a shape: what was measured, and for other shapes
// what was fastest for most. Instruction sets of one arithmetic share it, and
// so give the same bytes. It knows nothing of the batch, so that a result's
// bytes depend neither on it nor on a measurement of the day.
func (t *instructions) fastest(s shape) method {
	if m, ok := measured[t.arithmetic][s]; ok {
		return m
	}
	for _, c := range []struct {
		least int
		method
	}{{16, winograd4}, {8, winograd2}} {
		if min(s.height, s.width) >= c.least && s.fits(t.filter(c.method)) {
			return c.method
		}
	}
	return direct
}

// method says how to compute node v.
func (b *Backend) method(p *graph.Plan, v graph.Value) method {
	s, ok := filtered(p, v)
	if !ok {
		return direct
	}
	return b.choose(s)
}
