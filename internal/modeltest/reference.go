package modeltest

import (
	"fmt"
	"math"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
)

// Tensor is a value of [Reference].
type Tensor struct {
	Shape  []int
	Values []float64
}

func zeros(shape ...int) *Tensor {
	return &Tensor{slices.Clone(shape), make([]float64, graph.Len(shape))}
}

// at returns the place of an element.
func (t *Tensor) at(index ...int) *float64 {
	i := 0
	for k, d := range t.Shape {
		i = i*d + index[k]
	}
	return &t.Values[i]
}

// Reference computes every operation in float64 by its definition, as slowly
// and as plainly as that goes: the arbiter of the executors. It panics where
// they return errors.
type Reference struct {
	Source graph.Source
}

var _ model.Ops[*Tensor] = Reference{}

// Param implements model.Ops.
func (r Reference) Param(name string, shape ...int) *Tensor {
	values, err := r.Source.Float32(name)
	if err != nil {
		panic(err)
	}
	return FromFloat32(values, shape...)
}

// FromFloat32 makes a tensor of float32 values.
func FromFloat32(values []float32, shape ...int) *Tensor {
	if len(values) != graph.Len(shape) {
		panic(fmt.Sprintf("modeltest: %d values for shape %v", len(values), shape))
	}
	t := zeros(shape...)
	for i, v := range values {
		t.Values[i] = float64(v)
	}
	return t
}

// Checkpoint implements model.Ops.
func (r Reference) Checkpoint(f func(...*Tensor) *Tensor, in ...*Tensor) *Tensor { return f(in...) }

// Observing implements model.Ops.
func (r Reference) Observing(string) bool { return false }

// Observe implements model.Ops.
func (r Reference) Observe(_ string, x *Tensor) *Tensor { return x }

// Shape implements model.Ops.
func (r Reference) Shape(x *Tensor) []int { return x.Shape }

// Linear implements model.Ops.
func (r Reference) Linear(x, weight *Tensor, bias ...*Tensor) *Tensor {
	in, out := weight.Shape[1], weight.Shape[0]
	rows := len(x.Values) / in
	y := zeros(append(slices.Clone(x.Shape[:len(x.Shape)-1]), out)...)
	for i := range rows {
		for j := range out {
			var sum float64
			for k := range in {
				sum += x.Values[i*in+k] * weight.Values[j*in+k]
			}
			for _, b := range bias {
				sum += b.Values[j]
			}
			y.Values[i*out+j] = sum
		}
	}
	return y
}

// Conv2d implements model.Ops.
func (r Reference) Conv2d(x, weight, bias *Tensor, stride, padding int) *Tensor {
	size := weight.Shape[2]
	length := func(n int) int { return (n+2*padding-size)/stride + 1 }
	y := zeros(x.Shape[0], weight.Shape[0], length(x.Shape[2]), length(x.Shape[3]))
	for b := range y.Shape[0] {
		for o := range y.Shape[1] {
			for i := range y.Shape[2] {
				for j := range y.Shape[3] {
					sum := bias.Values[o]
					for c := range x.Shape[1] {
						for ki := range size {
							for kj := range size {
								row, col := i*stride+ki-padding, j*stride+kj-padding
								if row >= 0 && row < x.Shape[2] && col >= 0 && col < x.Shape[3] {
									sum += *x.at(b, c, row, col) * *weight.at(o, c, ki, kj)
								}
							}
						}
					}
					*y.at(b, o, i, j) = sum
				}
			}
		}
	}
	return y
}

// normalized scales values to zero mean and unit variance.
func normalized(dst, x []float64, eps float64) {
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	for i, v := range x {
		dst[i] = (v - mean) / math.Sqrt(variance+eps)
	}
}

// GroupNorm implements model.Ops.
func (r Reference) GroupNorm(x, weight, bias *Tensor, groups int, eps float64) *Tensor {
	y := zeros(x.Shape...)
	n := len(x.Values) / x.Shape[0] / groups
	for i := 0; i < len(x.Values); i += n {
		normalized(y.Values[i:i+n], x.Values[i:i+n], eps)
	}
	area := x.Shape[2] * x.Shape[3]
	for i := range y.Values {
		c := i / area % x.Shape[1]
		y.Values[i] = y.Values[i]*weight.Values[c] + bias.Values[c]
	}
	return y
}

// LayerNorm implements model.Ops.
func (r Reference) LayerNorm(x, weight, bias *Tensor, eps float64) *Tensor {
	y := zeros(x.Shape...)
	n := len(weight.Values)
	for i := 0; i < len(x.Values); i += n {
		normalized(y.Values[i:i+n], x.Values[i:i+n], eps)
	}
	for i := range y.Values {
		y.Values[i] = y.Values[i]*weight.Values[i%n] + bias.Values[i%n]
	}
	return y
}

func mapped(x *Tensor, f func(float64) float64) *Tensor {
	y := zeros(x.Shape...)
	for i, v := range x.Values {
		y.Values[i] = f(v)
	}
	return y
}

// SiLU implements model.Ops.
func (r Reference) SiLU(x *Tensor) *Tensor {
	return mapped(x, func(v float64) float64 { return v / (1 + math.Exp(-v)) })
}

// GELU implements model.Ops.
func (r Reference) GELU(x *Tensor) *Tensor {
	return mapped(x, func(v float64) float64 { return v / 2 * (1 + math.Erf(v/math.Sqrt2)) })
}

// Attention implements model.Ops.
func (r Reference) Attention(q, k, v *Tensor, heads int, mask ...*Tensor) *Tensor {
	w := r.AttentionWeights(q, k, heads, mask...)
	y := zeros(q.Shape...)
	d := q.Shape[2] / heads
	for b := range q.Shape[0] {
		for i := range q.Shape[1] {
			for c := range q.Shape[2] {
				for m := range k.Shape[1] {
					*y.at(b, i, c) += *w.at(b, c/d, i, m) * *v.at(b, m, c)
				}
			}
		}
	}
	return y
}

// AttentionWeights implements model.Ops.
func (r Reference) AttentionWeights(q, k *Tensor, heads int, mask ...*Tensor) *Tensor {
	d := q.Shape[2] / heads
	w := zeros(q.Shape[0], heads, q.Shape[1], k.Shape[1])
	for b := range q.Shape[0] {
		for h := range heads {
			for i := range q.Shape[1] {
				most, total := math.Inf(-1), 0.0
				for m := range k.Shape[1] {
					score := 0.0
					for c := h * d; c < (h+1)*d; c++ {
						score += *q.at(b, i, c) * *k.at(b, m, c)
					}
					score /= math.Sqrt(float64(d))
					if len(mask) > 0 && *mask[0].at(b, m) == 0 {
						score = math.Inf(-1)
					}
					*w.at(b, h, i, m) = score
					most = max(most, score)
				}
				for m := range k.Shape[1] {
					at := w.at(b, h, i, m)
					*at = math.Exp(*at - most)
					total += *at
				}
				for m := range k.Shape[1] {
					*w.at(b, h, i, m) /= total
				}
			}
		}
	}
	return w
}

// MeanTokens implements model.Ops.
func (r Reference) MeanTokens(x *Tensor, mask ...*Tensor) *Tensor {
	y := zeros(x.Shape[0], x.Shape[2])
	for b := range x.Shape[0] {
		count := 0.0
		for i := range x.Shape[1] {
			if len(mask) > 0 && *mask[0].at(b, i) == 0 {
				continue
			}
			count++
			for k := range x.Shape[2] {
				*y.at(b, k) += *x.at(b, i, k)
			}
		}
		for k := range x.Shape[2] {
			*y.at(b, k) /= max(count, 1)
		}
	}
	return y
}

// Embedding implements model.Ops.
func (r Reference) Embedding(table, ids *Tensor) *Tensor {
	d := table.Shape[1]
	y := zeros(ids.Shape[0], ids.Shape[1], d)
	for i, id := range ids.Values {
		copy(y.Values[i*d:(i+1)*d], table.Values[int(id)*d:])
	}
	return y
}

func broadcast(x, y *Tensor, f func(a, b float64) float64) *Tensor {
	z := zeros(x.Shape...)
	for i := range z.Values {
		at, rest, step := 0, i, 1
		for k := len(x.Shape) - 1; k >= 0; k-- {
			at += rest % x.Shape[k] % y.Shape[k] * step // % 1 is 0
			rest /= x.Shape[k]
			step *= y.Shape[k]
		}
		z.Values[i] = f(x.Values[i], y.Values[at])
	}
	return z
}

// Add implements model.Ops.
func (r Reference) Add(x, y *Tensor) *Tensor {
	return broadcast(x, y, func(a, b float64) float64 { return a + b })
}

// Mul implements model.Ops.
func (r Reference) Mul(x, y *Tensor) *Tensor {
	return broadcast(x, y, func(a, b float64) float64 { return a * b })
}

// Concat implements model.Ops.
func (r Reference) Concat(xs ...*Tensor) *Tensor {
	shape := slices.Clone(xs[0].Shape)
	for _, x := range xs[1:] {
		shape[1] += x.Shape[1]
	}
	y := &Tensor{Shape: shape}
	for b := range shape[0] {
		for _, x := range xs {
			n := len(x.Values) / shape[0]
			y.Values = append(y.Values, x.Values[b*n:(b+1)*n]...)
		}
	}
	return y
}

// gather builds a (B, C, H, W) tensor element by element.
func gather(shape []int, f func(b, c, i, j int) float64) *Tensor {
	y := zeros(shape...)
	for b := range shape[0] {
		for c := range shape[1] {
			for i := range shape[2] {
				for j := range shape[3] {
					*y.at(b, c, i, j) = f(b, c, i, j)
				}
			}
		}
	}
	return y
}

// Upsample2 implements model.Ops.
func (r Reference) Upsample2(x *Tensor) *Tensor {
	s := x.Shape
	return gather([]int{s[0], s[1], 2 * s[2], 2 * s[3]}, func(b, c, i, j int) float64 { return *x.at(b, c, i/2, j/2) })
}

// AvgPool2 implements model.Ops.
func (r Reference) AvgPool2(x *Tensor) *Tensor {
	s := x.Shape
	return gather([]int{s[0], s[1], s[2] / 2, s[3] / 2}, func(b, c, i, j int) float64 {
		return (*x.at(b, c, 2*i, 2*j) + *x.at(b, c, 2*i, 2*j+1) + *x.at(b, c, 2*i+1, 2*j) + *x.at(b, c, 2*i+1, 2*j+1)) / 4
	})
}

// PixelShuffle implements model.Ops.
func (r Reference) PixelShuffle(x *Tensor, n int) *Tensor {
	s := x.Shape
	return gather([]int{s[0], s[1] / (n * n), s[2] * n, s[3] * n}, func(b, c, i, j int) float64 {
		return *x.at(b, c*n*n+i%n*n+j%n, i/n, j/n)
	})
}

// PixelUnshuffle implements model.Ops.
func (r Reference) PixelUnshuffle(x *Tensor, n int) *Tensor {
	s := x.Shape
	return gather([]int{s[0], s[1] * n * n, s[2] / n, s[3] / n}, func(b, c, i, j int) float64 {
		return *x.at(b, c/(n*n), i*n+c/n%n, j*n+c%n)
	})
}

// TimestepEmbedding implements model.Ops.
func (r Reference) TimestepEmbedding(t *Tensor, features int) *Tensor {
	y := zeros(t.Shape[0], features)
	half := features / 2
	for b, v := range t.Values {
		for i := range half {
			angle := v * math.Pow(10000, -float64(i)/float64(half))
			*y.at(b, i), *y.at(b, half+i) = math.Cos(angle), math.Sin(angle)
		}
	}
	return y
}

// Reshape implements model.Ops.
func (r Reference) Reshape(x *Tensor, shape ...int) *Tensor {
	return &Tensor{slices.Clone(shape), x.Values}
}

// Transpose implements model.Ops.
func (r Reference) Transpose(x *Tensor, a, b int) *Tensor {
	shape := slices.Clone(x.Shape)
	shape[a], shape[b] = shape[b], shape[a]
	y := zeros(shape...)
	index := make([]int, len(shape))
	for i := range y.Values {
		rest := i
		for k := len(shape) - 1; k >= 0; k-- {
			index[k] = rest % shape[k]
			rest /= shape[k]
		}
		index[a], index[b] = index[b], index[a]
		y.Values[i] = *x.at(index...)
	}
	return y
}
