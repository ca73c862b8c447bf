package cpu

import "github.com/roentgo/roentgo/sampler/graph"

// method is a way to compute a convolution.
type method uint8

const (
	direct    method = iota // one product over the values of a window
	winograd2               // F(2×2, 3×3)
	winograd4               // F(4×4, 3×3)
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

var force = method(255)

// method says how to compute node v. It depends on the shape of one sample
// alone, so that a result's bytes depend neither on the batch nor on the day.
func (b *Backend) method(p *graph.Plan, v graph.Value) method {
	n := &p.Nodes[v]
	if n.Op != graph.Conv2d || n.Stride != 1 || n.Padding != 1 {
		return direct
	}
	w := p.Nodes[n.In[1]].Shape
	if w[2] != 3 || w[0]%lanes != 0 || w[1]%lanes != 0 {
		return direct
	}
	how := direct
	switch {
	case n.Shape[1] >= 16:
		how = winograd4
	case n.Shape[1] >= 8:
		how = winograd2
	}
	if force != 255 {
		how = force
	}
	if f := b.instructions.filter(how); f != nil && (n.Shape[1]%f.Results() != 0 || n.Shape[2]%f.Results() != 0) {
		return direct
	}
	return how
}
