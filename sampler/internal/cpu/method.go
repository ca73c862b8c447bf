package cpu

import "github.com/roentgo/roentgo/internal/graph"

// Method is a way to compute a convolution.
type Method uint8

// The methods. Those of Winograd need windows of 3×3 and stride 1.
const (
	Direct    Method = iota // one product over the values of a window
	Winograd2               // F(2×2, 3×3): 1.8 times the weights, 2.25 times fewer products
	Winograd4               // F(4×4, 3×3): 4 times the weights, 4 times fewer products
)

// String returns the name of the method in this package's source.
func (m Method) String() string { return [...]string{"Direct", "Winograd2", "Winograd4"}[m] }

// tile is the height and width of the tiles into which a method cuts an image.
func (m Method) tile() int { return [...]int{1, 2, 4}[m] }

// filter returns the filter of a method, or nil.
func (t *instructions) filter(m Method) *filter {
	switch m {
	case Winograd2:
		return &t.f2
	case Winograd4:
		return &t.f4
	}
	return nil
}

// Shape is a convolution with windows of 3×3, stride 1 and padding 1: its
// channels and the size of its images.
type Shape struct{ In, Out, Height, Width int }

// Filtered returns the shape of node v, and whether Winograd's filters can compute
// it.
func Filtered(p *graph.Plan, v graph.Value) (s Shape, ok bool) {
	n := &p.Nodes[v]
	if n.Op != graph.Conv2d || n.Stride != 1 || n.Padding != 1 {
		return s, false
	}
	w := p.Nodes[n.In[1]].Shape
	s = Shape{w[1], w[0], n.Shape[1], n.Shape[2]}
	return s, w[2] == 3 && s.In%lanes == 0 && s.Out%lanes == 0
}

// Fits reports whether images divide into the tiles of a method.
func (s Shape) Fits(m Method) bool { return s.Height%m.tile() == 0 && s.Width%m.tile() == 0 }

// Measured returns the method that was fastest for a shape, with one arithmetic,
// [Fused] or [Plain]; ok is false for shapes that were not measured.
func Measured(arithmetic string, s Shape) (m Method, ok bool) {
	m, ok = measured[arithmetic][s]
	return m, ok
}

// fastest is the method for a shape: what was measured, and for other shapes
// what was fastest for most. Instruction sets of one arithmetic share it, and
// so give the same bytes. It knows nothing of the batch, so that a result's
// bytes depend neither on it nor on a measurement of the day.
func (t *instructions) fastest(s Shape) Method {
	if m, ok := Measured(t.arithmetic, s); ok {
		return m
	}
	for _, c := range []struct {
		least  int
		method Method
	}{{16, Winograd4}, {8, Winograd2}} {
		if min(s.Height, s.Width) >= c.least && s.Fits(c.method) {
			return c.method
		}
	}
	return Direct
}

// method returns how to compute node v.
func (b *Backend) method(p *graph.Plan, v graph.Value) Method {
	s, ok := Filtered(p, v)
	if !ok {
		return Direct
	}
	return b.choose(s)
}
