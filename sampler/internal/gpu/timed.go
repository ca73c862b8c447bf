package gpu

import (
	"context"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
)

var _ graph.Timed = (*Program)(nil)

// Time implements graph.Timed. While there is an f, runs submit and await each
// operation by itself, so that its time has the way to the device and back in
// it.
func (p *Program) Time(f func(p *graph.Plan, v graph.Value, d time.Duration)) { p.timer = f }

// timed runs a stage, an operation at a time.
func (p *Program) timed(ctx context.Context, s graph.Stage) error {
	kept := len(p.groups)
	defer func() {
		for _, g := range p.groups[kept:] {
			g.Free()
		}
		p.groups = p.groups[:kept]
	}()
	// As compile listed them, so that their Params are where it wrote them.
	l := &lister{backend: p.backend, plan: p.plan, arena: p.plan.Arena, constants: map[graph.Value]int{}}
	params := 0
	for stage, list := range p.plan.Stages {
		for _, v := range list {
			jobs, err := l.jobs(v)
			if err != nil {
				return err
			}
			if graph.Stage(stage) == s {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := p.timeOne(v, jobs, params); err != nil {
					return err
				}
			}
			params += paramSlot * len(jobs)
		}
	}
	return nil
}

// timeOne runs the jobs of one operation and reports their time.
func (p *Program) timeOne(v graph.Value, jobs []job, params int) error {
	var list []Dispatch
	for i, j := range jobs {
		d, err := p.dispatch(j, params+i*paramSlot)
		if err != nil {
			return err
		}
		list = append(list, d)
	}
	r, err := p.backend.device.Record(list)
	if err != nil {
		return err
	}
	var word [4]byte
	await := func() error { return read(p.backend.device, p.arena, 0, word[:]) }
	if err := await(); err != nil {
		return err
	}
	begun := time.Now()
	if err := p.backend.device.Submit(r); err != nil {
		return err
	}
	if err := await(); err != nil {
		return err
	}
	p.timer(p.plan, v, time.Since(begun))
	return nil
}
