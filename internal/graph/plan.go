package graph

import (
	"fmt"
	"slices"
)

// Align is the alignment of every value in the arena, in values: 256 bytes,
// what WebGPU asks of a binding's offset.
const Align = 64

// Plan is a graph made ready to run: its stages in order, and a place in one
// arena for every value.
type Plan struct {
	Nodes   []Node
	Stages  [NumStages][]Value // what to run, in order; views are not in it
	Offset  []int              // of each value in the arena, in values; −1 for parameters and values that are not needed
	Arena   int                // length of the arena, in values
	Live    int                // the most values alive at one time: no arena can be shorter
	Inputs  map[string]Value
	Outputs map[string]Value
	Params  []Value
}

// Plan drops what no output needs, sorts the rest into stages and plans the
// arena. The result refers to the graph's nodes.
func (g *Graph) Plan() (*Plan, error) {
	p := &Plan{Nodes: g.Nodes, Inputs: map[string]Value{}, Outputs: map[string]Value{}}
	needed := g.needed()
	for _, o := range g.Outputs {
		if _, twice := p.Outputs[o.Name]; twice {
			return nil, fmt.Errorf("graph: two outputs are named %q", o.Name)
		}
		if n := &p.Nodes[p.Root(o.Value)]; n.Op == Param {
			return nil, fmt.Errorf("graph: output %q is the parameter %q itself", o.Name, n.Name)
		}
		p.Outputs[o.Name] = o.Value
	}
	for i, n := range g.Nodes {
		v := Value(i)
		switch {
		case n.Op == Input: // kept though no output may need it: the caller writes it all the same
			if _, twice := p.Inputs[n.Name]; twice {
				return nil, fmt.Errorf("graph: two inputs are named %q", n.Name)
			}
			p.Inputs[n.Name] = v
			needed[i] = true
		case !needed[i]:
		case n.Op == Param:
			p.Params = append(p.Params, v)
		case n.Op != Reshape:
			s := n.Rate.stage()
			p.Stages[s] = append(p.Stages[s], v)
		}
	}
	p.place(needed)
	return p, nil
}

func (g *Graph) needed() []bool {
	needed := make([]bool, len(g.Nodes))
	for _, o := range g.Outputs {
		needed[o.Value] = true
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		if needed[i] {
			for _, in := range g.Nodes[i].In {
				needed[in] = true
			}
		}
	}
	return needed
}

// Root follows views to the value that owns the memory.
func (p *Plan) Root(v Value) Value {
	for p.Nodes[v].Op == Reshape {
		v = p.Nodes[v].In[0]
	}
	return v
}

// span is the part of a run, in steps of the stages laid end to end, in which
// a value must keep its place.
type span struct {
	v           Value
	first, last int
	size        int
}

// place lays out the arena: the largest value first, each at the lowest offset
// where nothing that lives at the same time lies.
//
// The stages are laid end to end on one line of time. A value that a later
// stage reads must survive many runs of that stage, so it lives to the end;
// inputs and outputs live throughout.
func (p *Plan) place(needed []bool) {
	p.Offset = slices.Repeat([]int{-1}, len(p.Nodes))
	when := map[Value]int{}
	stage := map[Value]Stage{}
	end := 0
	for s, list := range p.Stages {
		for _, v := range list {
			when[v], stage[v] = end, Stage(s)
			end++
		}
	}
	spans := map[Value]*span{}
	for i := range p.Nodes {
		v := Value(i)
		n := &p.Nodes[i]
		if !needed[i] || n.Op == Param || n.Op == Reshape {
			continue
		}
		s := &span{v: v, size: (n.Size() + Align - 1) / Align * Align}
		if n.Op == Input {
			s.last = end
		} else {
			s.first, s.last = when[v], when[v]
		}
		spans[v] = s
	}
	for s, list := range p.Stages {
		for _, v := range list {
			for _, in := range p.Nodes[v].In {
				root := p.Root(in)
				if p.Nodes[root].Op == Param || p.Nodes[root].Op == Input {
					continue
				}
				if stage[root] != Stage(s) {
					spans[root].last = end
				}
				spans[root].last = max(spans[root].last, when[v])
			}
		}
	}
	for _, v := range p.Outputs {
		if s := spans[p.Root(v)]; s != nil {
			s.last = end
		}
	}
	p.assign(spans, end)
	for i, n := range p.Nodes {
		if n.Op == Reshape && needed[i] {
			p.Offset[i] = p.Offset[p.Root(Value(i))]
		}
	}
}

func (p *Plan) assign(spans map[Value]*span, end int) {
	order := make([]*span, 0, len(spans))
	for _, s := range spans {
		order = append(order, s)
	}
	slices.SortFunc(order, func(a, b *span) int {
		if a.size != b.size {
			return b.size - a.size
		}
		return int(a.v - b.v)
	})
	live := make([]int, end+1)
	var placed []*span // by offset
	for _, s := range order {
		for t := s.first; t <= s.last; t++ {
			live[t] += s.size
		}
		at := 0
		for _, o := range placed {
			if o.last < s.first || s.last < o.first {
				continue
			}
			if p.Offset[o.v]-at >= s.size {
				break
			}
			at = max(at, p.Offset[o.v]+o.size)
		}
		p.Offset[s.v] = at
		p.Arena = max(p.Arena, at+s.size)
		i, _ := slices.BinarySearchFunc(placed, at, func(o *span, at int) int { return p.Offset[o.v] - at })
		placed = slices.Insert(placed, i, s)
	}
	p.Live = slices.Max(live)
}
