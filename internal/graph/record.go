package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/sampler/model"
)

// Recorder implements model.Ops[Value]: it writes down what a network does
// and works out every shape, but computes nothing. The zero value is ready.
type Recorder struct {
	graph    Graph
	params   map[string]Value
	observed map[string]bool
	err      error
}

var _ model.Ops[Value] = (*Recorder)(nil)

// NewRecorder returns a recorder that makes outputs of the values that the
// network observes under the given names.
func NewRecorder(observe ...string) *Recorder {
	r := &Recorder{observed: map[string]bool{}}
	for _, name := range observe {
		r.observed[name] = true
	}
	return r
}

// Input declares a value that the caller writes before each run. rate says
// when it changes.
func (r *Recorder) Input(name string, rate Rate, shape ...int) Value {
	return r.add(Node{Op: Input, Name: name, Rate: rate, Shape: slices.Clone(shape)})
}

// Output declares a value that the caller reads.
func (r *Recorder) Output(name string, x Value) {
	r.graph.Outputs = append(r.graph.Outputs, Output{name, x})
}

// ErrRecord is wrapped by every error of [Recorder.Graph].
var ErrRecord = errors.New("graph: cannot record")

// Graph returns what was recorded, or the first error met.
func (r *Recorder) Graph() (*Graph, error) {
	if r.err != nil {
		return nil, r.err
	}
	for name := range r.observed {
		if !slices.ContainsFunc(r.graph.Outputs, func(o Output) bool { return o.Name == name }) {
			return nil, fmt.Errorf("%w: nothing named %q can be observed in this network", ErrRecord, name)
		}
	}
	g := r.graph
	return &g, nil
}

// Plan plans what was recorded; errors are those of [Recorder.Graph] and
// [Graph.Plan].
func (r *Recorder) Plan() (*Plan, error) {
	g, err := r.Graph()
	if err != nil {
		return nil, err
	}
	return g.Plan()
}

func (r *Recorder) fail(op Op, format string, a ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s: %s", ErrRecord, op, fmt.Sprintf(format, a...))
	}
}

// add appends a node. Once recording has failed the shapes may be wrong, and
// nodes are still appended so that the network can run to its end.
func (r *Recorder) add(n Node) Value {
	for _, d := range n.Shape {
		if d < 1 {
			r.fail(n.Op, "a dimension of %v is not positive", n.Shape)
		}
	}
	for _, in := range n.In {
		n.Rate |= r.graph.Nodes[in].Rate
	}
	r.graph.Nodes = append(r.graph.Nodes, n)
	return Value(len(r.graph.Nodes) - 1)
}

// expect records an error unless x has rank dimensions, and returns them.
func (r *Recorder) expect(op Op, x Value, rank int) []int {
	s := r.graph.Nodes[x].Shape
	if len(s) == rank {
		return s
	}
	r.fail(op, "operand has shape %v, %d dimensions are needed", s, rank)
	return slices.Repeat([]int{1}, rank)
}

// expectShape records an error unless x has the given shape.
func (r *Recorder) expectShape(op Op, what string, x Value, shape ...int) {
	if s := r.graph.Nodes[x].Shape; !slices.Equal(s, shape) {
		r.fail(op, "%s has shape %v, %v is needed", what, s, shape)
	}
}

// expectParam records an error unless x is a parameter, which executors bring
// into an order of their own before the network runs.
func (r *Recorder) expectParam(op Op, what string, x Value) {
	if r.graph.Nodes[x].Op != Param {
		r.fail(op, "%s is not a parameter", what)
	}
}

// Shape implements model.Ops.
func (r *Recorder) Shape(x Value) []int { return r.graph.Nodes[x].Shape }

// Param implements model.Ops. A name asked for twice is one parameter.
func (r *Recorder) Param(name string, shape ...int) Value {
	if v, ok := r.params[name]; ok {
		r.expectShape(Param, name, v, shape...)
		return v
	}
	v := r.add(Node{Op: Param, Name: name, Shape: slices.Clone(shape)})
	if r.params == nil {
		r.params = map[string]Value{}
	}
	r.params[name] = v
	return v
}

// Checkpoint implements model.Ops; a recording has no backward pass.
func (r *Recorder) Checkpoint(f func(...Value) Value, in ...Value) Value { return f(in...) }

// Observing implements model.Ops.
func (r *Recorder) Observing(name string) bool { return r.observed[name] }

// Observe implements model.Ops: it makes an output of x.
func (r *Recorder) Observe(name string, x Value) Value {
	if r.observed[name] {
		r.Output(name, x)
	}
	return x
}

// Linear implements model.Ops.
func (r *Recorder) Linear(x, weight Value, bias ...Value) Value {
	s, w := r.Shape(x), r.expect(Linear, weight, 2)
	if len(s) == 0 || s[len(s)-1] != w[1] {
		r.fail(Linear, "input %v does not fit weight %v", s, w)
		s = []int{1}
	}
	r.expectParam(Linear, "weight", weight)
	for _, b := range bias {
		r.expectParam(Linear, "bias", b)
		r.expectShape(Linear, "bias", b, w[0])
	}
	out := append(slices.Clone(s[:len(s)-1]), w[0])
	return r.add(Node{Op: Linear, In: append([]Value{x, weight}, bias...), Shape: out})
}

// Conv2d implements model.Ops.
func (r *Recorder) Conv2d(x, weight, bias Value, stride, padding int) Value {
	s, w := r.expect(Conv2d, x, 4), r.expect(Conv2d, weight, 4)
	if s[1] != w[1] || w[2] != w[3] || stride < 1 || padding < 0 {
		r.fail(Conv2d, "input %v, weight %v, stride %d and padding %d do not fit", s, w, stride, padding)
		stride = 1
	}
	r.expectParam(Conv2d, "weight", weight)
	r.expectParam(Conv2d, "bias", bias)
	r.expectShape(Conv2d, "bias", bias, w[0])
	size := func(n int) int { return (n+2*padding-w[2])/stride + 1 }
	return r.add(Node{Op: Conv2d, In: []Value{x, weight, bias}, Shape: []int{s[0], w[0], size(s[2]), size(s[3])},
		Stride: stride, Padding: padding})
}

// GroupNorm implements model.Ops.
func (r *Recorder) GroupNorm(x, weight, bias Value, groups int, eps float64) Value {
	s := r.expect(GroupNorm, x, 4)
	if groups < 1 || s[1]%groups != 0 {
		r.fail(GroupNorm, "%d channels do not divide into %d groups", s[1], groups)
	}
	r.expectParam(GroupNorm, "weight", weight)
	r.expectParam(GroupNorm, "bias", bias)
	r.expectShape(GroupNorm, "weight", weight, s[1])
	r.expectShape(GroupNorm, "bias", bias, s[1])
	return r.add(Node{Op: GroupNorm, In: []Value{x, weight, bias}, Shape: s, Groups: groups, Eps: eps})
}

// LayerNorm implements model.Ops.
func (r *Recorder) LayerNorm(x, weight, bias Value, eps float64) Value {
	s := r.Shape(x)
	r.expectParam(LayerNorm, "weight", weight)
	r.expectParam(LayerNorm, "bias", bias)
	r.expectShape(LayerNorm, "weight", weight, s[len(s)-1])
	r.expectShape(LayerNorm, "bias", bias, s[len(s)-1])
	return r.add(Node{Op: LayerNorm, In: []Value{x, weight, bias}, Shape: s, Eps: eps})
}

// SiLU implements model.Ops.
func (r *Recorder) SiLU(x Value) Value {
	return r.add(Node{Op: SiLU, In: []Value{x}, Shape: r.Shape(x)})
}

// GELU implements model.Ops.
func (r *Recorder) GELU(x Value) Value {
	return r.add(Node{Op: GELU, In: []Value{x}, Shape: r.Shape(x)})
}

// attention checks what Attention and AttentionWeights have in common.
func (r *Recorder) attention(op Op, q, k Value, heads int, mask []Value) (qs, ks []int) {
	qs, ks = r.expect(op, q, 3), r.expect(op, k, 3)
	if qs[0] != ks[0] || qs[2] != ks[2] || heads < 1 || qs[2]%heads != 0 {
		r.fail(op, "queries %v and keys %v do not fit %d heads", qs, ks, heads)
	}
	for _, m := range mask {
		r.expectShape(op, "mask", m, ks[0], ks[1])
	}
	return qs, ks
}

// Attention implements model.Ops.
func (r *Recorder) Attention(q, k, v Value, heads int, mask ...Value) Value {
	qs, ks := r.attention(Attention, q, k, heads, mask)
	r.expectShape(Attention, "values", v, ks...)
	return r.add(Node{Op: Attention, In: append([]Value{q, k, v}, mask...), Shape: qs, Heads: heads})
}

// AttentionWeights implements model.Ops.
func (r *Recorder) AttentionWeights(q, k Value, heads int, mask ...Value) Value {
	qs, ks := r.attention(AttentionWeights, q, k, heads, mask)
	return r.add(Node{Op: AttentionWeights, In: append([]Value{q, k}, mask...),
		Shape: []int{qs[0], heads, qs[1], ks[1]}, Heads: heads})
}

// MeanTokens implements model.Ops.
func (r *Recorder) MeanTokens(x Value, mask ...Value) Value {
	s := r.expect(MeanTokens, x, 3)
	for _, m := range mask {
		r.expectShape(MeanTokens, "mask", m, s[0], s[1])
	}
	return r.add(Node{Op: MeanTokens, In: append([]Value{x}, mask...), Shape: []int{s[0], s[2]}})
}

// Embedding implements model.Ops.
func (r *Recorder) Embedding(table, ids Value) Value {
	t, s := r.expect(Embedding, table, 2), r.expect(Embedding, ids, 2)
	r.expectParam(Embedding, "table", table)
	return r.add(Node{Op: Embedding, In: []Value{table, ids}, Shape: []int{s[0], s[1], t[1]}})
}

func (r *Recorder) broadcast(op Op, x, y Value) Value {
	s, t := r.Shape(x), r.Shape(y)
	if len(s) != len(t) || len(s) > maxRank {
		r.fail(op, "shapes %v and %v differ in rank, or have more than %d dimensions", s, t, maxRank)
	} else {
		for i := range s {
			if t[i] != s[i] && t[i] != 1 {
				r.fail(op, "shape %v does not broadcast to %v", t, s)
				break
			}
		}
	}
	return r.add(Node{Op: op, In: []Value{x, y}, Shape: s})
}

// maxRank is the largest number of dimensions of a tensor, so that executors
// need no loop over them.
const maxRank = 4

// Add implements model.Ops.
func (r *Recorder) Add(x, y Value) Value { return r.broadcast(Add, x, y) }

// Mul implements model.Ops.
func (r *Recorder) Mul(x, y Value) Value { return r.broadcast(Mul, x, y) }

// Concat implements model.Ops.
func (r *Recorder) Concat(xs ...Value) Value {
	if len(xs) == 0 {
		r.fail(Concat, "no operands")
		return r.add(Node{Op: Concat, Shape: []int{1}})
	}
	out := slices.Clone(r.expect(Concat, xs[0], 4))
	for _, x := range xs[1:] {
		s := r.expect(Concat, x, 4)
		if s[0] != out[0] || s[2] != out[2] || s[3] != out[3] {
			r.fail(Concat, "shapes %v and %v differ beside the channels", out, s)
		}
		out[1] += s[1]
	}
	return r.add(Node{Op: Concat, In: slices.Clone(xs), Shape: out})
}

// Upsample2 implements model.Ops.
func (r *Recorder) Upsample2(x Value) Value {
	s := r.expect(Upsample2, x, 4)
	return r.add(Node{Op: Upsample2, In: []Value{x}, Shape: []int{s[0], s[1], 2 * s[2], 2 * s[3]}})
}

// AvgPool2 implements model.Ops.
func (r *Recorder) AvgPool2(x Value) Value {
	s := r.expect(AvgPool2, x, 4)
	return r.add(Node{Op: AvgPool2, In: []Value{x}, Shape: []int{s[0], s[1], s[2] / 2, s[3] / 2}})
}

// PixelShuffle implements model.Ops.
func (r *Recorder) PixelShuffle(x Value, n int) Value {
	s := r.expect(PixelShuffle, x, 4)
	if n < 1 || s[1]%(n*n) != 0 {
		r.fail(PixelShuffle, "%d channels do not divide into %d×%d", s[1], n, n)
		n = 1
	}
	return r.add(Node{Op: PixelShuffle, In: []Value{x}, Shape: []int{s[0], s[1] / (n * n), s[2] * n, s[3] * n}, Factor: n})
}

// PixelUnshuffle implements model.Ops.
func (r *Recorder) PixelUnshuffle(x Value, n int) Value {
	s := r.expect(PixelUnshuffle, x, 4)
	if n < 1 || s[2]%n != 0 || s[3]%n != 0 {
		r.fail(PixelUnshuffle, "%v does not divide into squares of %d", s, n)
		n = 1
	}
	return r.add(Node{Op: PixelUnshuffle, In: []Value{x}, Shape: []int{s[0], s[1] * n * n, s[2] / n, s[3] / n}, Factor: n})
}

// TimestepEmbedding implements model.Ops.
func (r *Recorder) TimestepEmbedding(t Value, features int) Value {
	s := r.expect(TimestepEmbedding, t, 1)
	if features%2 != 0 {
		r.fail(TimestepEmbedding, "%d features are not an even number", features)
	}
	return r.add(Node{Op: TimestepEmbedding, In: []Value{t}, Shape: []int{s[0], features}})
}

// Reshape implements model.Ops.
func (r *Recorder) Reshape(x Value, shape ...int) Value {
	if Len(shape) != Len(r.Shape(x)) {
		r.fail(Reshape, "%v does not hold the values of %v", shape, r.Shape(x))
	}
	return r.add(Node{Op: Reshape, In: []Value{x}, Shape: slices.Clone(shape)})
}

// Transpose implements model.Ops.
func (r *Recorder) Transpose(x Value, a, b int) Value {
	s := slices.Clone(r.Shape(x))
	if a < 0 || b < 0 || a >= len(s) || b >= len(s) || len(s) > maxRank {
		r.fail(Transpose, "%v has no axes %d and %d", s, a, b)
	} else {
		s[a], s[b] = s[b], s[a]
	}
	return r.add(Node{Op: Transpose, In: []Value{x}, Shape: s, Axes: [2]int{a, b}})
}

// Spec is the name and shape of a parameter.
type Spec = model.Spec

// Params lists the parameters that the recorded network uses, by name.
func (g *Graph) Params() []Spec {
	var list []Spec
	for _, n := range g.Nodes {
		if n.Op == Param {
			list = append(list, Spec{Name: n.Name, Shape: n.Shape})
		}
	}
	slices.SortFunc(list, func(a, b Spec) int { return strings.Compare(a.Name, b.Name) })
	return list
}
