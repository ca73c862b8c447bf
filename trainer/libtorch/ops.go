//go:build libtorch

package libtorch

// #include "shim.h"
import "C"

import (
	"fmt"
	"math"
	"slices"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"

	"github.com/roentgo/roentgo/sampler/model"
)

// Ops implements model.Ops on libtorch. Its tensors live until Free.
type Ops struct {
	// Checkpointing drops the intermediate values of each block of a network
	// and computes them again in Backward (Chen et al. 2016).
	Checkpointing bool
	// QueryBlock is how many queries attention takes at a time; 0: all. The
	// result is the same.
	QueryBlock int

	params   *Params
	made     []lib.Ctensor
	segments []segment
	leaves   map[lib.Ctensor]*leaf
	inside   bool // a block that is checkpointed
}

var _ model.Ops[Tensor] = (*Ops)(nil)

// NewOps returns operations that take their parameters from params.
func NewOps(params *Params) *Ops { return &Ops{params: params} }

// Free frees every tensor that was made since the last call.
func (o *Ops) Free() {
	for _, c := range o.made {
		lib.AtFree(c)
	}
	o.made, o.segments, o.leaves = o.made[:0], nil, nil
}

// Tensor makes a float32 tensor of a copy of values.
func (o *Ops) Tensor(values []float32, shape ...int) Tensor { return o.own(fromValues(values, shape)) }

func (o *Ops) own(c lib.Ctensor) Tensor {
	o.made = append(o.made, c)
	return Tensor{c}
}

// call runs one wrapped operation and owns its result.
func (o *Ops) call(op string, f func(out *lib.Ctensor)) Tensor {
	var c lib.Ctensor
	f(&c)
	check(op)
	return o.own(c)
}

// none is the undefined tensor that stands for a missing optional operand.
func (o *Ops) none() lib.Ctensor { return o.own(lib.AtNewTensor()).c }

// Param implements model.Ops.
func (o *Ops) Param(name string, shape ...int) Tensor {
	p := o.params.Find(name)
	if p == nil {
		panic(failure{fmt.Errorf("libtorch: the network needs the parameter %q, which is not there", name)})
	}
	if !slices.Equal(p.Shape, shape) {
		panic(failure{fmt.Errorf("libtorch: parameter %q has shape %v, the network needs %v", name, p.Shape, shape)})
	}
	return p.tensor
}

// Observing implements model.Ops: training observes nothing.
func (o *Ops) Observing(string) bool { return false }

// Observe implements model.Ops.
func (o *Ops) Observe(_ string, x Tensor) Tensor { return x }

// Shape implements model.Ops.
func (o *Ops) Shape(x Tensor) []int { return x.Shape() }

// Linear implements model.Ops.
func (o *Ops) Linear(x, weight Tensor, bias ...Tensor) Tensor {
	b := o.optional(bias)
	return o.call("linear", func(out *lib.Ctensor) { lib.AtgLinear(out, x.c, weight.c, b) })
}

func (o *Ops) optional(x []Tensor) lib.Ctensor {
	if len(x) > 0 {
		return x[0].c
	}
	return o.none()
}

// Conv2d implements model.Ops.
func (o *Ops) Conv2d(x, weight, bias Tensor, stride, padding int) Tensor {
	s, p := int64(stride), int64(padding)
	return o.call("conv2d", func(out *lib.Ctensor) {
		lib.AtgConv2d(out, x.c, weight.c, bias.c, []int64{s, s}, 2, []int64{p, p}, 2, []int64{1, 1}, 2, 1)
	})
}

// GroupNorm implements model.Ops.
func (o *Ops) GroupNorm(x, weight, bias Tensor, groups int, eps float64) Tensor {
	return o.call("group norm", func(out *lib.Ctensor) {
		lib.AtgGroupNorm(out, x.c, int64(groups), weight.c, bias.c, eps, 1)
	})
}

// LayerNorm implements model.Ops.
func (o *Ops) LayerNorm(x, weight, bias Tensor, eps float64) Tensor {
	n := int64s(weight.Shape())
	return o.call("layer norm", func(out *lib.Ctensor) {
		lib.AtgLayerNorm(out, x.c, n, len(n), weight.c, bias.c, eps, 1)
	})
}

// SiLU implements model.Ops.
func (o *Ops) SiLU(x Tensor) Tensor {
	return o.call("silu", func(out *lib.Ctensor) { lib.AtgSilu(out, x.c) })
}

// GELU implements model.Ops.
func (o *Ops) GELU(x Tensor) Tensor {
	return o.call("gelu", func(out *lib.Ctensor) { lib.AtgGelu(out, x.c, "none") })
}

// split brings (B, N, heads·d) to (B, heads, N, d).
func (o *Ops) split(x Tensor, heads int) Tensor {
	s := x.Shape()
	return o.Transpose(o.Reshape(x, s[0], s[1], heads, s[2]/heads), 1, 2)
}

// keyMask brings a mask (B, M) to a boolean (B, 1, 1, M).
func (o *Ops) keyMask(mask []Tensor) lib.Ctensor {
	if len(mask) == 0 {
		return nil
	}
	s := mask[0].Shape()
	m := o.Reshape(mask[0], s[0], 1, 1, s[1])
	zero := lib.AtsFloat(0)
	defer lib.AtsFree(zero)
	return o.call("mask", func(out *lib.Ctensor) { lib.AtgNe(out, m.c, zero) }).c
}

// Attention implements model.Ops.
func (o *Ops) Attention(q, k, v Tensor, heads int, mask ...Tensor) Tensor {
	s := q.Shape()
	qh, kh, vh, m := o.split(q, heads), o.split(k, heads), o.split(v, heads), o.keyMask(mask)
	if o.QueryBlock <= 0 || o.QueryBlock >= s[1] {
		return o.Reshape(o.Transpose(o.attend(qh, kh, vh, m), 1, 2), s...)
	}
	var parts []Tensor
	for from := 0; from < s[1]; from += o.QueryBlock {
		n := min(o.QueryBlock, s[1]-from)
		part := o.call("queries", func(out *lib.Ctensor) { lib.AtgNarrow(out, qh.c, 2, int64(from), int64(n)) })
		parts = append(parts, o.attend(part, kh, vh, m))
	}
	return o.Reshape(o.Transpose(o.concat(2, parts...), 1, 2), s...)
}

// attend is attention of heads side by side, (B, heads, N, d).
func (o *Ops) attend(q, k, v Tensor, mask lib.Ctensor) Tensor {
	c := C.rt_attention(unsafe.Pointer(q.c), unsafe.Pointer(k.c), unsafe.Pointer(v.c), unsafe.Pointer(mask))
	check("attention")
	return o.own(lib.Ctensor(c))
}

// AttentionWeights implements model.Ops.
func (o *Ops) AttentionWeights(q, k Tensor, heads int, mask ...Tensor) Tensor {
	qh, kh := o.split(q, heads), o.Transpose(o.split(k, heads), 2, 3)
	score := o.call("scores", func(out *lib.Ctensor) { lib.AtgMatmul(out, qh.c, kh.c) })
	score = o.Scale(score, 1/math.Sqrt(float64(qh.Shape()[3])))
	if m := o.keyMask(mask); m != nil {
		off := o.call("mask", func(out *lib.Ctensor) { lib.AtgLogicalNot(out, m) })
		low := lib.AtsFloat(math.Inf(-1))
		defer lib.AtsFree(low)
		score = o.call("mask", func(out *lib.Ctensor) { lib.AtgMaskedFill(out, score.c, off.c, low) })
	}
	return o.call("softmax", func(out *lib.Ctensor) { lib.AtgSoftmax(out, score.c, -1, kindFloat) })
}

// MeanTokens implements model.Ops.
func (o *Ops) MeanTokens(x Tensor, mask ...Tensor) Tensor {
	if len(mask) == 0 {
		return o.Scale(o.sumTokens(x), 1/float64(x.Shape()[1]))
	}
	s := x.Shape()
	zero := lib.AtsFloat(0)
	defer lib.AtsFree(zero)
	on := o.call("mask", func(out *lib.Ctensor) { lib.AtgNe(out, mask[0].c, zero) })
	weight := o.Reshape(o.Float(on), s[0], s[1], 1)
	return o.Div(o.sumTokens(o.Mul(x, weight)), o.Clamp(o.sumTokens(weight), 1, math.MaxInt32))
}

// sumTokens is the sum of x (B, N, D) over its tokens, (B, D).
func (o *Ops) sumTokens(x Tensor) Tensor {
	return o.call("sum", func(out *lib.Ctensor) { lib.AtgSumDimIntlist(out, x.c, []int64{1}, 1, 0, kindFloat) })
}

// Embedding implements model.Ops.
func (o *Ops) Embedding(table, ids Tensor) Tensor {
	whole := o.call("ids", func(out *lib.Ctensor) { lib.AtgTotype(out, ids.c, kindInt64) })
	return o.call("embedding", func(out *lib.Ctensor) { lib.AtgEmbedding(out, table.c, whole.c, -1, 0, 0) })
}

// Add implements model.Ops.
func (o *Ops) Add(x, y Tensor) Tensor {
	return o.call("add", func(out *lib.Ctensor) { lib.AtgAdd(out, x.c, y.c) })
}

// Mul implements model.Ops.
func (o *Ops) Mul(x, y Tensor) Tensor {
	return o.call("mul", func(out *lib.Ctensor) { lib.AtgMul(out, x.c, y.c) })
}

// Concat implements model.Ops.
func (o *Ops) Concat(xs ...Tensor) Tensor { return o.concat(1, xs...) }

func (o *Ops) concat(axis int64, xs ...Tensor) Tensor {
	list := make([]lib.Ctensor, len(xs))
	for i, x := range xs {
		list[i] = x.c
	}
	return o.call("concat", func(out *lib.Ctensor) { lib.AtgCat(out, list, len(list), axis) })
}

// Upsample2 implements model.Ops.
func (o *Ops) Upsample2(x Tensor) Tensor {
	s := x.Shape()
	return o.call("upsample", func(out *lib.Ctensor) {
		lib.AtgUpsampleNearest2d(out, x.c, []int64{int64(2 * s[2]), int64(2 * s[3])}, 2, 2, 0, 2, 0)
	})
}

// AvgPool2 implements model.Ops.
func (o *Ops) AvgPool2(x Tensor) Tensor { return o.avgPool(x, 2, 2) }

func (o *Ops) avgPool(x Tensor, size, stride int64) Tensor {
	return o.call("average pool", func(out *lib.Ctensor) {
		lib.AtgAvgPool2d(out, x.c, []int64{size, size}, 2, []int64{stride, stride}, 2, []int64{0, 0}, 2, 0, 1, 0, 1)
	})
}

// PixelShuffle implements model.Ops.
func (o *Ops) PixelShuffle(x Tensor, n int) Tensor {
	return o.call("pixel shuffle", func(out *lib.Ctensor) { lib.AtgPixelShuffle(out, x.c, int64(n)) })
}

// PixelUnshuffle implements model.Ops.
func (o *Ops) PixelUnshuffle(x Tensor, n int) Tensor {
	return o.call("pixel unshuffle", func(out *lib.Ctensor) { lib.AtgPixelUnshuffle(out, x.c, int64(n)) })
}

// TimestepEmbedding implements model.Ops.
func (o *Ops) TimestepEmbedding(t Tensor, features int) Tensor {
	half := features / 2
	freq := make([]float32, half)
	for i := range freq {
		freq[i] = float32(math.Exp(-math.Log(10000) * float64(i) / float64(half)))
	}
	angle := o.Mul(o.Reshape(t, t.Shape()[0], 1), o.Tensor(freq, 1, half))
	cos := o.call("cos", func(out *lib.Ctensor) { lib.AtgCos(out, angle.c) })
	sin := o.call("sin", func(out *lib.Ctensor) { lib.AtgSin(out, angle.c) })
	return o.Concat(cos, sin)
}

// Reshape implements model.Ops.
func (o *Ops) Reshape(x Tensor, shape ...int) Tensor {
	dims := int64s(shape)
	return o.call("reshape", func(out *lib.Ctensor) { lib.AtgReshape(out, x.c, dims, len(dims)) })
}

// Transpose implements model.Ops.
func (o *Ops) Transpose(x Tensor, a, b int) Tensor {
	return o.call("transpose", func(out *lib.Ctensor) { lib.AtgTranspose(out, x.c, int64(a), int64(b)) })
}
