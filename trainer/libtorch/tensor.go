//go:build libtorch

package libtorch

// #include "shim.h"
import "C"

import (
	"fmt"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// The scalar types of libtorch that are used here, by its own numbers.
const (
	kindInt64    = 4
	kindFloat    = 6
	kindBFloat16 = 15
)

// Tensor is a handle of libtorch's. It belongs to the Ops or Params that made
// it.
type Tensor struct{ c lib.Ctensor }

// Shape returns the dimensions, outermost first.
func (t Tensor) Shape() []int {
	n := int(lib.AtDim(t.c))
	if n == 0 {
		return []int{}
	}
	dims := make([]int64, n)
	lib.AtShape(t.c, unsafe.Pointer(&dims[0]))
	check("shape")
	shape := make([]int, n)
	for i, d := range dims {
		shape[i] = int(d)
	}
	return shape
}

// Len is the number of values.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape() {
		n *= d
	}
	return n
}

// Values copies the tensor, of any scalar type, to float32, row-major.
func (t Tensor) Values() []float32 {
	var f lib.Ctensor
	lib.AtgTotype(&f, t.c, kindFloat)
	check("to float")
	defer lib.AtFree(f)
	out := make([]float32, t.Len())
	if len(out) > 0 {
		lib.AtCopyData(f, unsafe.Pointer(&out[0]), uint(len(out)), 4)
		check("copy")
	}
	return out
}

// Value is the value of a tensor of one value.
func (t Tensor) Value() float64 {
	v := t.Values()
	if len(v) != 1 {
		panic(failure{fmt.Errorf("%w: value: tensor has %d values, not one", ErrLibtorch, len(v))})
	}
	return float64(v[0])
}

// fromValues makes a float32 tensor that owns a copy of values.
func fromValues(values []float32, shape []int) lib.Ctensor {
	dims := int64s(shape)
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(values) || n == 0 {
		panic(failure{fmt.Errorf("%w: tensor of shape %v from %d values", ErrLibtorch, shape, len(values))})
	}
	c := lib.AtTensorOfData(unsafe.Pointer(&values[0]), dims, uint(len(dims)), 4, kindFloat)
	check("tensor")
	if device < 0 && !(channelsLast && len(shape) == 4) {
		return c
	}
	defer lib.AtFree(c)
	placed := C.rt_place(unsafe.Pointer(c), C.int(device), flag(channelsLast))
	check("place")
	return lib.Ctensor(placed)
}

func int64s(v []int) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}
