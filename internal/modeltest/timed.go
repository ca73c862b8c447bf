package modeltest

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
)

// RunTimed checks that a backend whose programs are [graph.Timed] reports each
// operation once a run, and computes the same while it does.
func RunTimed(t *testing.T, open Open) {
	c := Network[graph.Value](UNet, model.Tiny(), 2)
	g, err := Record(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(RandomFor(g.Params()))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	plain, err := Run(t, b, g, c.Inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	reported := &timing{Backend: b, seen: map[graph.Value]int{}}
	timed, err := Run(t, reported, g, c.Inputs, 2)
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	for _, values := range timed {
		if !slices.EqualFunc(plain[0], values, same) {
			t.Error("timed, the result is another one")
		}
	}
	operations := 0
	for _, list := range reported.plan.Stages {
		for _, v := range list {
			if operations++; reported.seen[v] != 2 {
				t.Errorf("%s was reported %d times in 2 runs", reported.plan.Nodes[v].Op, reported.seen[v])
			}
		}
	}
	if operations < 20 || operations != len(reported.seen) {
		t.Errorf("%d operations, %d were reported", operations, len(reported.seen))
	}
}

// timing is a backend whose programs are timed.
type timing struct {
	graph.Backend
	plan *graph.Plan
	seen map[graph.Value]int
}

func (b *timing) Compile(ctx context.Context, p *graph.Plan) (graph.Program, error) {
	program, err := b.Backend.Compile(ctx, p)
	if err == nil {
		program.(graph.Timed).Time(func(p *graph.Plan, v graph.Value, _ time.Duration) {
			b.plan = p
			b.seen[v]++
		})
	}
	return program, err
}
