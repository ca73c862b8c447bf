package cpu

import (
	"context"
	"time"

	"github.com/roentgo/roentgo/sampler/graph"
)

var _ graph.Profiler = (*Program)(nil)

// Profile implements graph.Profiler.
func (p *Program) Profile(ctx context.Context, s graph.Stage) ([]graph.Timing, error) {
	var list []graph.Timing
	for i, k := range p.stages[s] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := k(); err != nil {
			return nil, err
		}
		list = append(list, graph.Timing{Plan: p.plan, Value: p.plan.Stages[s][i], Seconds: time.Since(begun).Seconds()})
	}
	return list, nil
}
