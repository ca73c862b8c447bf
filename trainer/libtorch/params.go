//go:build libtorch

package libtorch

// #include "shim.h"
import "C"

import (
	"fmt"
	"slices"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// Param is a named parameter, float32.
type Param struct {
	Name      string
	Shape     []int
	Trainable bool
	tensor    Tensor
}

// Values copies the parameter, row-major.
func (p *Param) Values() []float32 { return p.tensor.Values() }

// Set overwrites the parameter with values, which has its length.
func (p *Param) Set(values []float32) {
	if len(values) != p.tensor.Len() {
		panic(failure{fmt.Errorf("libtorch: parameter %q of shape %v set from %d values", p.Name, p.Shape, len(values))})
	}
	C.rt_set_values(unsafe.Pointer(p.tensor.c), (*C.float)(unsafe.Pointer(&values[0])), C.int64_t(len(values)))
	check("set " + p.Name)
}

// Params is a set of named parameters, in the order in which they were added.
type Params struct {
	list  []*Param
	index map[string]*Param
}

// NewParams returns an empty set.
func NewParams() *Params { return &Params{index: map[string]*Param{}} }

// Add adds a parameter with a copy of values. A trainable one collects
// gradients.
func (ps *Params) Add(name string, shape []int, values []float32, trainable bool) *Param {
	if ps.index[name] != nil {
		panic(failure{fmt.Errorf("libtorch: parameter %q is added twice", name)})
	}
	c := fromValues(values, shape)
	if trainable {
		var leaf lib.Ctensor
		lib.AtgSetRequiresGrad(&leaf, c, 1)
		check("requires grad")
		lib.AtFree(c)
		c = leaf
	}
	p := &Param{Name: name, Shape: slices.Clone(shape), Trainable: trainable, tensor: Tensor{c}}
	ps.list = append(ps.list, p)
	ps.index[name] = p
	return p
}

// Find returns the parameter of that name, or nil.
func (ps *Params) Find(name string) *Param { return ps.index[name] }

// All returns the parameters in order.
func (ps *Params) All() []*Param { return ps.list }

// Trainable returns those that collect gradients, in order.
func (ps *Params) Trainable() []*Param {
	var list []*Param
	for _, p := range ps.list {
		if p.Trainable {
			list = append(list, p)
		}
	}
	return list
}

// Free frees all parameters.
func (ps *Params) Free() {
	for _, p := range ps.list {
		lib.AtFree(p.tensor.c)
	}
	ps.list, ps.index = nil, map[string]*Param{}
}

// handles is the C view of a list of tensors.
type handles []unsafe.Pointer

func (h handles) ptr() *unsafe.Pointer { return &h[0] }

func handlesOf(params []*Param) handles {
	h := make(handles, len(params))
	for i, p := range params {
		h[i] = unsafe.Pointer(p.tensor.c)
	}
	return h
}
