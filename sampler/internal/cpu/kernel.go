package cpu

import (
	"fmt"

	"github.com/roentgo/roentgo/internal/graph"
)

// kernel computes one node, whose operands and result it has bound.
type kernel func() error

// always makes a kernel of a computation that cannot fail.
func always(f func()) kernel {
	return func() error {
		f()
		return nil
	}
}

// node is a node with the memory of its operands and its result. The plan
// never lets a result overlap an operand.
type node struct {
	*graph.Node
	p   *Program
	in  [][]float32 // nil for weights, which are packed instead
	out []float32
}

// shape returns the dimensions of operand i.
func (n *node) shape(i int) []int { return n.p.plan.Nodes[n.In[i]].Shape }

// own returns operand i of the operation itself, or nil where the node has no
// such one.
func (n *node) own(i int) []float32 {
	if i < len(n.Own()) {
		return n.in[i]
	}
	return nil
}

// residual returns what is added to the result, or nil.
func (n *node) residual() []float32 {
	if n.Residual {
		return n.in[len(n.in)-1]
	}
	return nil
}

// optional returns operand i, or nil where the node has no such one.
func (n *node) optional(i int) []float32 {
	if i < len(n.in) {
		return n.in[i]
	}
	return nil
}

// kernel binds a node to its memory.
func (b *Backend) kernel(p *Program, v graph.Value) (kernel, error) {
	n := &node{Node: &p.plan.Nodes[v], p: p}
	n.in = make([][]float32, len(n.In))
	how := b.method(p.plan, v)
	var w []panels
	for i, in := range n.In {
		var err error
		if i == 1 && (n.Op == graph.Linear || n.Op == graph.Conv2d) {
			if w, err = b.weights(&p.plan.Nodes[in], how); err != nil {
				return nil, err
			}
			continue
		}
		if n.in[i], err = b.value(p, in); err != nil {
			return nil, err
		}
	}
	out, err := b.value(p, v)
	if err != nil {
		return nil, err
	}
	n.out = out
	switch n.Op {
	case graph.Linear:
		return n.linear(w[0]), nil
	case graph.Conv2d:
		if f := p.filter(how); f != nil {
			return n.winograd(*f, w), nil
		}
		return n.conv(w[0]), nil
	case graph.GroupNorm:
		return n.groupNorm(), nil
	case graph.LayerNorm:
		return n.layerNorm(), nil
	case graph.SiLU:
		return n.each(p.silu), nil
	case graph.GELU:
		return n.each(gelu), nil
	case graph.Attention:
		return n.attention(), nil
	case graph.AttentionWeights:
		return n.attentionWeights(), nil
	case graph.MeanTokens:
		return n.meanTokens(), nil
	case graph.Embedding:
		return n.embedding(), nil
	case graph.Add:
		return n.broadcast(add), nil
	case graph.Mul:
		return n.broadcast(mul), nil
	case graph.Concat:
		return n.concat(), nil
	case graph.Upsample2:
		return n.upsample(), nil
	case graph.AvgPool2:
		return n.pool(), nil
	case graph.PixelShuffle:
		return n.shuffle(), nil
	case graph.PixelUnshuffle:
		return n.unshuffle(), nil
	case graph.TimestepEmbedding:
		return n.timestep(), nil
	case graph.Transpose:
		return n.transpose(), nil
	case graph.Pad:
		return n.pad(), nil
	}
	return nil, fmt.Errorf("%w: operation %s is not one of this executor", graph.ErrProgram, n.Op)
}
