package graph

import "context"

// Timing is how long one operation of a program took.
type Timing struct {
	Plan    *Plan // the executor's own, where it changed the one it was given
	Value   Value // which operation of it
	Seconds float64
}

// Profiler is a Program that can time its operations one by one. Their sum is
// more than a run takes where a device computes several at a time.
type Profiler interface {
	Program
	// Profile is Run with a clock: it waits for each operation.
	Profile(ctx context.Context, s Stage) ([]Timing, error)
}

// FLOPs is how many floating-point operations a node is: two for every
// multiplication and addition of a product, as is the custom, and one for each
// value of any other result, which leaves them out of account.
func (p *Plan) FLOPs(v Value) float64 {
	n := &p.Nodes[v]
	size := func(i int) float64 { return float64(p.Nodes[n.In[i]].Len()) }
	result := float64(n.Len())
	switch n.Op {
	case Linear, Conv2d: // weight (outputs, …): the rest is what one output sums over
		return 2 * result * size(1) / float64(p.Nodes[n.In[1]].Shape[0])
	case Attention: // q (B, N, D), k and v (B, M, D): q·kᵀ and its product with v
		return 4 * size(0) * float64(p.Nodes[n.In[1]].Shape[1])
	case AttentionWeights:
		return 2 * size(0) * float64(p.Nodes[n.In[1]].Shape[1])
	}
	return result
}

// Bytes is how much a node reads and writes at the least: its operands and its
// result, each once, four bytes a value.
func (p *Plan) Bytes(v Value) float64 {
	total := p.Nodes[v].Len()
	for i, in := range p.Nodes[v].In {
		if p.Nodes[v].Op == Embedding && i == 0 { // only the rows that are asked for
			total += p.Nodes[v].Len()
			continue
		}
		total += p.Nodes[in].Len()
	}
	return 4 * float64(total)
}

// StageFLOPs is the sum of a stage's FLOPs.
func (p *Plan) StageFLOPs(s Stage) float64 {
	var sum float64
	for _, v := range p.Stages[s] {
		sum += p.FLOPs(v)
	}
	return sum
}
