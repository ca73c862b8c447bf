package graph

import "time"

// Work is what an operation has to do, whatever executes it.
type Work struct {
	FLOP  int // multiplications and additions of its products; none for other operations
	Bytes int // of its operands and its result
}

// Work returns the work of node v.
func (p *Plan) Work(v Value) Work {
	n := &p.Nodes[v]
	w := Work{Bytes: 4 * n.Size()}
	for _, in := range n.In {
		w.Bytes += 4 * p.Nodes[p.Root(in)].Size()
	}
	switch n.Op {
	case Linear, Conv2d:
		weight := p.Nodes[n.In[1]].Shape
		w.FLOP = 2 * n.Len() * Len(weight[1:])
	case Attention:
		w.FLOP = 4 * n.Len() * p.Nodes[n.In[1]].Shape[1]
	case AttentionWeights:
		w.FLOP = 2 * n.Len() / n.Heads * p.Nodes[n.In[0]].Shape[2]
	}
	return w
}

// Timed is a program that can measure how long each operation takes.
type Timed interface {
	Program
	// Time sets f to be called after each operation, with the plan that is
	// executed, which may be a rewritten one; nil stops it.
	Time(f func(p *Plan, v Value, d time.Duration))
}
