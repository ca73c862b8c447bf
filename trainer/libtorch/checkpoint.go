//go:build libtorch

package libtorch

// #include "shim.h"
import "C"

import (
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// segment is a block whose intermediate values were dropped.
type segment struct {
	f         func(in ...Tensor) Tensor
	in        []Tensor // as f took them: leaves, or without gradients
	out       Tensor   // a leaf with the values of f(in)
	precision Precision
	// first are the leaves that this is the first block to take: when its
	// gradients are there, so are all of theirs.
	first []*leaf
}

// leaf cuts the graph at a value. It collects the gradient of the tensor that it
// copies.
type leaf struct{ of, copy Tensor }

// Checkpoint implements model.Ops.
func (o *Ops) Checkpoint(f func(in ...Tensor) Tensor, in ...Tensor) Tensor {
	if !o.Checkpointing || o.inside || C.rt_grad_enabled() == 0 {
		return f(in...)
	}
	s := segment{f: f, in: make([]Tensor, len(in)), precision: autocast}
	for i, x := range in {
		s.in[i] = o.cut(x, &s)
	}
	o.inside = true
	GradMode(false)
	mark := len(o.made)
	y := f(s.in...)
	GradMode(true)
	o.inside = false
	// The casts that autocast keeps from here have no graph.
	C.rt_clear_casts()
	s.out = o.own(newLeaf(y))
	o.drop(mark, len(o.made)-1)
	o.segments = append(o.segments, s)
	return s.out
}

// cut returns x as a block takes it.
func (o *Ops) cut(x Tensor, s *segment) Tensor {
	switch C.rt_collects(unsafe.Pointer(x.c)) {
	case 0, 2:
		return x
	}
	if l := o.leaves[x.c]; l != nil {
		return l.copy
	}
	l := &leaf{of: x, copy: o.own(newLeaf(x))}
	if o.leaves == nil {
		o.leaves = map[lib.Ctensor]*leaf{}
	}
	o.leaves[x.c] = l
	s.first = append(s.first, l)
	return l.copy
}

func newLeaf(x Tensor) lib.Ctensor {
	c := C.rt_leaf(unsafe.Pointer(x.c))
	check("leaf")
	return lib.Ctensor(c)
}

// GradientNorm is the L2 norm of the gradient, by x, of the loss that f makes of
// it. What x was made of collects nothing; parameters that f uses do.
func (o *Ops) GradientNorm(x Tensor, f func(x Tensor) Tensor) float64 {
	at := o.own(newLeaf(x))
	loss := f(at)
	lib.AtBackward(loss.c, 0, 0)
	check("backward")
	h := handles{unsafe.Pointer(at.c)}
	n := float64(C.rt_grad_norm(h.ptr(), 1))
	check("gradient norm")
	return n
}

// drop frees what was made from index from up to index to.
func (o *Ops) drop(from, to int) {
	for _, c := range o.made[from:to] {
		lib.AtFree(c)
	}
	o.made = append(o.made[:from], o.made[to:]...)
}

// Backward adds the gradients of loss, a tensor of one value, to those of the
// parameters. Nothing that was made before the call may be used after it, not
// even loss.
func (o *Ops) Backward(loss Tensor) {
	o.forget(loss)
	// A value between blocks may reach the loss in two ways, as the moments of
	// a latent do. The pass goes through it once for each.
	lib.AtBackward(loss.c, int(flag(len(o.segments) > 0)), 0)
	check("backward")
	// Blocks in reverse: when a block's turn comes, all that took its result
	// have given their gradients to it.
	o.inside = true
	defer func() { o.inside = false }()
	for i := len(o.segments) - 1; i >= 0; i-- {
		s := o.segments[i]
		mark := len(o.made)
		var y Tensor
		Autocast(s.precision, func() { y = s.f(s.in...) })
		o.backwardFrom(y, s.out, false)
		o.drop(mark, len(o.made))
		for _, l := range s.first {
			o.backwardFrom(l.of, l.copy, true)
		}
	}
	o.segments, o.leaves = nil, nil
}

// forget frees every handle that Backward does not need. libtorch then frees
// what it keeps for the gradients as soon as it has used it.
func (o *Ops) forget(loss Tensor) {
	needed := map[lib.Ctensor]bool{loss.c: true}
	for _, s := range o.segments {
		needed[s.out.c] = true
		for _, x := range s.in {
			needed[x.c] = true
		}
		for _, l := range s.first {
			needed[l.of.c], needed[l.copy.c] = true, true
		}
	}
	kept := o.made[:0]
	for _, c := range o.made {
		if needed[c] {
			kept = append(kept, c)
		} else {
			lib.AtFree(c)
		}
	}
	o.made = kept
}

func (o *Ops) backwardFrom(x, leaf Tensor, again bool) {
	C.rt_backward_from(unsafe.Pointer(x.c), unsafe.Pointer(leaf.c), flag(again))
	check("backward")
}
