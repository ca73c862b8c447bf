//go:build js

package simd

import (
	"context"
	"fmt"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
)

// Program implements graph.Program.
type Program struct {
	backend *Backend
	plan    *graph.Plan
	arena   uint32
	length  int    // of the arena: the plan's, and what operations leave to the next
	list    uint32 // a struct program of run.c, then the operations of all stages
	words   int    // at list
	stages  [graph.NumStages]stage
}

// stage is a part of the list.
type stage struct {
	ops   uint32
	nodes []graph.Value // what each operation computes
}

var _ graph.Program = (*Program)(nil)

// cursorWords is the length of struct program.
const cursorWords = 4

// Compile implements graph.Backend.
func (b *Backend) Compile(ctx context.Context, plan *graph.Plan) (graph.Program, error) {
	plan, err := plan.FuseNorms()
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	// The first listing brings in the parameters, so that they lie before an
	// arena that is freed sooner than they are.
	lists, err := b.listed(ctx, plan, 0)
	if err != nil {
		return nil, err
	}
	p := &Program{backend: b, plan: plan, length: plan.Arena}
	for _, l := range lists {
		p.length = max(p.length, plan.Arena+l.space)
	}
	if p.arena, err = b.memory.alloc(p.length); err != nil {
		return nil, err
	}
	if err := p.place(ctx); err != nil {
		b.memory.release(p.arena, p.length)
		return nil, err
	}
	return p, nil
}

// listed makes the lists of a plan's stages.
func (b *Backend) listed(ctx context.Context, plan *graph.Plan, arena uint32) ([graph.NumStages]*lister, error) {
	var lists [graph.NumStages]*lister
	for s, values := range plan.Stages {
		lists[s] = &lister{backend: b, plan: plan, arena: arena, after: arena + uint32(4*plan.Arena)}
		for _, v := range values {
			if err := ctx.Err(); err != nil {
				return lists, err
			}
			if err := lists[s].add(v); err != nil {
				return lists, err
			}
		}
	}
	return lists, nil
}

// place puts the lists into the module's memory.
func (p *Program) place(ctx context.Context) error {
	lists, err := p.backend.listed(ctx, p.plan, p.arena)
	if err != nil {
		return err
	}
	words := make([]uint32, cursorWords)
	for s, l := range lists {
		if err := p.backend.reserve(l.scratch); err != nil {
			return err
		}
		p.stages[s] = stage{uint32(4 * len(words)), l.nodes}
		words = append(words, l.words...)
	}
	p.words = len(words)
	if p.list, err = p.backend.memory.alloc(p.words); err != nil {
		return err
	}
	write(p.backend.memory, p.list, words)
	for s := range p.stages {
		p.stages[s].ops += p.list
	}
	return nil
}

// Write implements graph.Program.
func (p *Program) Write(input string, data []float32) error {
	v, err := p.plan.Input(input, data)
	if err != nil {
		return err
	}
	write(p.backend.memory, p.at(v), data)
	return nil
}

// Read implements graph.Program.
func (p *Program) Read(output string, dst []float32) error {
	v, err := p.plan.Output(output, dst)
	if err != nil {
		return err
	}
	read(p.backend.memory, dst, p.at(v))
	return nil
}

// at is the place of a value of the arena.
func (p *Program) at(v graph.Value) uint32 { return p.arena + uint32(4*p.plan.Offset[v]) }

// What run of the module returns.
const (
	finished = iota
	unfinished
	failed
)

// Run implements graph.Program. It lets the event loop of JavaScript go round
// some twenty times a second, and looks at ctx then.
func (p *Program) Run(ctx context.Context, s graph.Stage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b, stage := p.backend, &p.stages[s]
	write(b.memory, p.list, []uint32{stage.ops, uint32(len(stage.nodes)), 0, 0})
	for {
		began := time.Now()
		var status int
		if err := caught(func() { status = b.run.Invoke(p.list, b.team, b.pace.budget).Int() }); err != nil {
			return fmt.Errorf("simd: the kernels failed: %w", err)
		}
		switch status {
		case finished:
			return ctx.Err()
		case failed:
			return p.failure(stage)
		}
		b.pace.used(time.Since(began))
		b.loop.turn()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// failure says which id of an embedding is not in its table.
func (p *Program) failure(s *stage) error {
	var cursor [cursorWords]uint32
	read(p.backend.memory, cursor[:], p.list)
	n := &p.plan.Nodes[s.nodes[cursor[2]]]
	rows := p.plan.Nodes[n.In[0]].Shape[0]
	ids := make([]float32, p.plan.Nodes[n.In[1]].Len())
	read(p.backend.memory, ids, p.at(n.In[1]))
	for _, v := range ids {
		if id := int(v); float32(id) != v || id < 0 || id >= rows {
			return fmt.Errorf("%w: id %g is not one of a table of %d rows", graph.ErrProgram, v, rows)
		}
	}
	return fmt.Errorf("%w: an id is not one of a table of %d rows", graph.ErrProgram, rows)
}

// Close implements graph.Program.
func (p *Program) Close() error {
	b := p.backend
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memory != nil && p.words > 0 {
		b.memory.release(p.arena, p.length)
		b.memory.release(p.list, p.words)
		p.words = 0
	}
	return nil
}
