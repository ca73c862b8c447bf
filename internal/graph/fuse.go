package graph

import (
	"maps"
	"slices"
)

// Fuse returns a plan that computes the same with fewer nodes: see [Fused].
// Images stay channels first.
func (p *Plan) Fuse() (*Plan, error) {
	g := &Graph{Nodes: slices.Clone(p.Nodes), Outputs: p.outputs()}
	return g.fuse(1, everything).Plan()
}

// FuseNorms returns a plan in which norms alone do more than their own
// operation: what scales and shifts their channels, and SiLU.
func (p *Plan) FuseNorms() (*Plan, error) {
	g := &Graph{Nodes: slices.Clone(p.Nodes), Outputs: p.outputs()}
	return g.fuse(1, norms).Plan()
}

// outputs lists the outputs by name.
func (p *Plan) outputs() []Output {
	var list []Output
	for _, name := range slices.Sorted(maps.Keys(p.Outputs)) {
		list = append(list, Output{name, p.Outputs[name]})
	}
	return list
}

// fuse returns a graph that computes the same with fewer nodes: see [Fused].
// What it leaves unused, [Graph.Plan] drops. axis is that of an image's
// channels.
func (g *Graph) fuse(axis int, what extent) *Graph {
	f := &fusion{Graph: g, axis: axis, uses: make([]int, len(g.Nodes))}
	for i, needed := range g.needed() {
		if needed {
			for _, in := range g.Nodes[i].In {
				f.uses[in]++
			}
		}
	}
	for _, o := range g.Outputs {
		f.uses[o.Value]++
	}
	for i := range g.Nodes {
		switch n := &g.Nodes[i]; n.Op {
		case SiLU:
			f.silu(n)
		case Pad:
			f.pad(n)
		case Mul:
			f.scale(n)
		case Add:
			if what == everything {
				f.add(n)
			}
			f.shift(n)
		}
	}
	return g
}

// extent is what an executor can fuse.
type extent int

const (
	norms extent = iota
	everything
)

// fusion replaces nodes in place: operands come before, and the node that does
// the work of two takes the place of the later.
type fusion struct {
	*Graph
	axis int   // of an image's channels
	uses []int // of each value
}

// only returns the node of v where nothing else than the node of that rate
// needs it: a value that is computed more rarely stays by itself.
func (f *fusion) only(v Value, rate Rate) *Node {
	n := &f.Nodes[v]
	if f.uses[v] != 1 || n.Rate.stage() != rate.stage() {
		return nil
	}
	return n
}

// silu joins a norm and the SiLU of it.
func (f *fusion) silu(n *Node) {
	norm := f.only(n.In[0], n.Rate)
	if norm == nil || norm.Op != GroupNorm || norm.SiLU {
		return
	}
	*n = *norm
	n.SiLU = true
}

// scale joins a norm and what multiplies its channels.
func (f *fusion) scale(n *Node) {
	if norm := f.only(n.In[0], n.Rate); norm != nil && norm.Op == GroupNorm && len(norm.In) == 3 && !norm.SiLU && n.In[0] != n.In[1] {
		f.join(n, norm, func(fused *Fused) { fused.Scaled = true })
	}
}

// shift joins a norm, which may be scaled, and what is added to its channels.
func (f *fusion) shift(n *Node) {
	if n.Op != Add {
		return // joined with something else already
	}
	if norm := f.only(n.In[0], n.Rate); norm != nil && norm.Op == GroupNorm && !norm.Shifted && !norm.SiLU && n.In[0] != n.In[1] {
		f.join(n, norm, func(fused *Fused) { fused.Shifted = true })
	}
}

// join gives the norm the second operand of n, where it is one of channels.
func (f *fusion) join(n, norm *Node, mark func(*Fused)) {
	other := n.In[1]
	if !f.perChannel(f.Nodes[other].Shape, n.Shape) {
		return
	}
	rate := n.Rate
	*n = *norm
	n.In = append(slices.Clone(norm.In), other)
	n.Rate = rate
	mark(&n.Fused)
}

// pad joins a norm and the border around it.
func (f *fusion) pad(n *Node) {
	norm := f.only(n.In[0], n.Rate)
	if norm == nil || norm.Op != GroupNorm {
		return
	}
	border := n.Border
	*n = *norm
	n.Border = border
}

// add joins a convolution or linear layer and what is added to its result.
func (f *fusion) add(n *Node) {
	for i, v := range n.In {
		product, other := f.only(v, n.Rate), n.In[1-i]
		if product == nil || (product.Op != Conv2d && product.Op != Linear) || product.Residual || n.In[0] == n.In[1] {
			continue
		}
		fused := *product
		fused.In = append(slices.Clone(product.In), other)
		switch s := f.Nodes[other].Shape; {
		case slices.Equal(s, n.Shape):
			fused.Residual = true
		case i == 0 && product.Op == Conv2d && !product.PerChannel && f.perChannel(s, n.Shape):
			fused.PerChannel = true
		default:
			continue
		}
		fused.Shape, fused.Rate = n.Shape, n.Rate
		*n = fused
		return
	}
}

// perChannel reports whether s broadcasts to an image of that shape by its
// channels, and perhaps its batch, alone.
func (f *fusion) perChannel(s, image []int) bool {
	if len(image) != 4 || len(s) != 4 || (s[0] != 1 && s[0] != image[0]) {
		return false
	}
	for i := 1; i < 4; i++ {
		if i == f.axis && s[i] != image[i] || i != f.axis && s[i] != 1 {
			return false
		}
	}
	return true
}
