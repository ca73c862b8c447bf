package gpu

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

// maxBinding is the most bytes that a device of the baseline limits binds.
const maxBinding = 128 << 20

// maxWork is how many operations on numbers are submitted at a time: a step of
// the small network, and so little that on the slowest of GPUs no watchdog
// thinks that it hangs, and that a cancelled run ends soon.
const maxWork = 8e9

// Backend implements graph.Backend. Its programs share parameters and
// pipelines.
type Backend struct {
	device  Device
	source  graph.Source
	tilings Tilings

	mu        sync.Mutex
	buffers   map[string]Buffer
	constants map[string][]byte
	pipelines map[shaders.Source]Pipeline
}

var _ graph.Backend = (*Backend)(nil)

// New returns a backend for the parameters of source, which are uploaded when
// a program first needs them. It owns the device. Without tilings they are
// those of Default.
func New(device Device, source graph.Source, tilings Tilings) *Backend {
	if tilings == nil {
		tilings = Default(device.Info())
	}
	return &Backend{device: device, source: source, tilings: tilings, buffers: map[string]Buffer{}, constants: map[string][]byte{}, pipelines: map[shaders.Source]Pipeline{}}
}

// Name implements graph.Backend.
func (b *Backend) Name() string {
	i := b.device.Info()
	return fmt.Sprintf("%s (%s, %s)", i.Name, i.Backend, i.Type)
}

// Close implements graph.Backend. The programs must have been closed before.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, buffer := range b.buffers {
		buffer.Free()
	}
	for _, p := range b.pipelines {
		p.Free()
	}
	b.buffers, b.constants, b.pipelines = nil, nil, nil
	return b.device.Close()
}

// compile compiles those of the shaders that are not yet.
func (b *Backend) compile(list ...shaders.Source) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var missing []shaders.Source
	for _, s := range list {
		if b.pipelines[s] == nil && !slices.Contains(missing, s) {
			missing = append(missing, s)
		}
	}
	pipelines, err := b.device.NewPipelines(missing)
	for i, p := range pipelines {
		b.pipelines[missing[i]] = p
	}
	return err
}

func (b *Backend) pipeline(s shaders.Source) (Pipeline, error) {
	if err := b.compile(s); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pipelines[s], nil
}

// resident returns the buffer of that name, which values fills when it is
// first asked for.
func (b *Backend) resident(name string, values func() ([]float32, error)) (Buffer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if buffer, ok := b.buffers[name]; ok {
		return buffer, nil
	}
	v, err := values()
	if err != nil {
		return nil, err
	}
	if 4*len(v) > maxBinding {
		return nil, fmt.Errorf("%w: parameter %q takes %d MiB, a device binds at most %d", graph.ErrProgram, name, 4*len(v)>>20, maxBinding>>20)
	}
	buffer, err := b.device.NewBuffer(4 * len(v))
	if err != nil {
		return nil, err
	}
	if err := b.device.Write(buffer, 0, floatBytes(v)); err != nil {
		buffer.Free()
		return nil, err
	}
	b.buffers[name] = buffer
	return buffer, nil
}

// param returns a parameter as it is in the file.
func (b *Backend) param(n *graph.Node) (Buffer, error) {
	return b.resident(n.Name, func() ([]float32, error) { return graph.ParamValues(b.source, n) })
}

// constant returns a parameter that every program copies into its arena. It is
// kept: the source may be closed when the next program is compiled.
func (b *Backend) constant(n *graph.Node) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.constants[n.Name]; ok {
		return c, nil
	}
	v, err := graph.ParamValues(b.source, n)
	if err != nil {
		return nil, err
	}
	b.constants[n.Name] = floatBytes(v)
	return b.constants[n.Name], nil
}

// packed returns the weight of a product in the order of product.wgsl.
func (b *Backend) packed(n *graph.Node) (Buffer, error) {
	return b.resident(n.Name, func() ([]float32, error) {
		v, err := graph.ParamValues(b.source, n)
		if err != nil {
			return nil, err
		}
		outputs, channels, area := n.Shape[0], n.Shape[1], 1
		if len(n.Shape) == 4 {
			area = n.Shape[2] * n.Shape[3]
		}
		const c = shaders.ProductChannels
		p := make([]float32, (outputs+c-1)/c*c*channels*area)
		for o := range outputs {
			for ch := range channels {
				for k := range area {
					p[((o/c*area+k)*channels+ch)*c+o%c] = v[(o*channels+ch)*area+k]
				}
			}
		}
		return p, nil
	})
}

func floatBytes(v []float32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

// Program implements graph.Program.
type Program struct {
	backend *Backend
	plan    *graph.Plan
	arena   Buffer
	params  Buffer
	groups  []Group
	stages  [graph.NumStages][]Recording
	loop    loop                                                // of a sampler's steps, once there are any
	timer   func(p *graph.Plan, v graph.Value, d time.Duration) // or nil
	tables  map[graph.Value]int                                 // rows of the table that an input holds the ids of
}

var _ graph.Program = (*Program)(nil)

// Compile implements graph.Backend.
func (b *Backend) Compile(ctx context.Context, plan *graph.Plan) (graph.Program, error) {
	plan, err := plan.Fuse()
	if err != nil {
		return nil, err
	}
	p := &Program{backend: b, plan: plan, tables: map[graph.Value]int{}}
	if err := p.compile(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Program) compile(ctx context.Context) error {
	l := &lister{backend: p.backend, plan: p.plan, arena: p.plan.Arena, constants: map[graph.Value]int{}}
	var lists [graph.NumStages][]job
	var used []shaders.Source
	total := 0
	for s, stage := range p.plan.Stages {
		for _, v := range stage {
			jobs, err := l.jobs(v)
			if err != nil {
				return err
			}
			jobs[0].work = float64(p.plan.Work(v).FLOP)
			lists[s] = append(lists[s], jobs...)
			total += len(jobs)
			for _, j := range jobs {
				used = append(used, j.shader)
			}
		}
	}
	if err := p.backend.compile(used...); err != nil {
		return err
	}
	for v, n := range p.plan.Nodes {
		if n.Op == graph.Embedding && p.plan.Offset[v] >= 0 {
			p.tables[p.plan.Root(n.In[1])] = p.plan.Nodes[n.In[0]].Shape[0]
		}
	}
	for _, list := range lists {
		for _, j := range list {
			if j.scratch {
				j.params["scratch"] = l.arena / 4
			}
		}
	}
	l.arena += l.scratch // after everything, which has its place now
	if 4*l.arena > maxBinding {
		return fmt.Errorf("%w: it needs %d MiB of memory for its values, a device binds at most %d (make fewer images at a time)", graph.ErrProgram, 4*l.arena>>20, maxBinding>>20)
	}
	var err error
	if p.arena, err = p.backend.device.NewBuffer(max(4*l.arena, 4)); err != nil {
		return err
	}
	for v, at := range l.constants {
		values, err := p.backend.constant(&p.plan.Nodes[v])
		if err != nil {
			return err
		}
		if err := p.backend.device.Write(p.arena, 4*at, values); err != nil {
			return err
		}
	}
	if p.params, err = p.backend.device.NewBuffer(max(total, 1) * paramSlot); err != nil {
		return err
	}
	var params []byte
	for s, list := range lists {
		if params, err = p.record(ctx, graph.Stage(s), list, params); err != nil {
			return err
		}
	}
	return p.backend.device.Write(p.params, 0, params)
}

// record makes the recordings of a stage and returns params with those of its
// jobs after them.
func (p *Program) record(ctx context.Context, s graph.Stage, list []job, params []byte) ([]byte, error) {
	var piece []Dispatch
	var work float64
	flush := func() error {
		if len(piece) == 0 {
			return nil
		}
		r, err := p.backend.device.Record(piece)
		p.stages[s] = append(p.stages[s], r)
		piece, work = nil, 0
		return err
	}
	for _, j := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		d, err := p.dispatch(j, len(params))
		if err != nil {
			return nil, err
		}
		if work+j.work > maxWork {
			if err := flush(); err != nil {
				return nil, err
			}
		}
		piece, work = append(piece, d), work+j.work
		words, err := j.params.words(j.shader)
		if err != nil {
			return nil, err
		}
		params = append(params, slot(words)...)
	}
	return params, flush()
}

// paramSlot is the distance of the Params of two dispatches: what WebGPU asks
// of the offset of a uniform.
const paramSlot = 256

// slot returns the bytes of Params.
func slot(params []uint32) []byte {
	b := make([]byte, paramSlot)
	for i, w := range params {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
	return b
}

func (p *Program) dispatch(j job, at int) (Dispatch, error) {
	pipeline, err := p.backend.pipeline(j.shader)
	if err != nil {
		return Dispatch{}, err
	}
	bindings := []Binding{{Buffer: p.arena}, {p.params, at, paramSlot}}
	for _, b := range j.buffers {
		bindings = append(bindings, Binding{Buffer: b})
	}
	g, err := p.backend.device.NewGroup(pipeline, bindings...)
	if err != nil {
		return Dispatch{}, err
	}
	p.groups = append(p.groups, g)
	return Dispatch{pipeline, g, j.workgroups}, nil
}

// Write implements graph.Program.
func (p *Program) Write(input string, data []float32) error {
	v, err := p.plan.Input(input, data)
	if err != nil {
		return err
	}
	if rows, ok := p.tables[v]; ok {
		for _, id := range data {
			if !(id >= 0 && id < float32(rows)) || id != float32(int(id)) {
				return fmt.Errorf("%w: id %g is not one of a table of %d rows", graph.ErrProgram, id, rows)
			}
		}
	}
	return p.backend.device.Write(p.arena, 4*p.plan.Offset[v], floatBytes(data))
}

// Run implements graph.Program. It queues the stage and does not wait for it;
// ctx is looked at between pieces of it.
func (p *Program) Run(ctx context.Context, s graph.Stage) error {
	if p.timer != nil {
		return p.timed(ctx, s)
	}
	for _, piece := range p.stages[s] {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.backend.device.Submit(piece); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Read implements graph.Program.
func (p *Program) Read(output string, dst []float32) error {
	v, err := p.plan.Output(output, dst)
	if err != nil {
		return err
	}
	b := make([]byte, 4*len(dst))
	if err := read(p.backend.device, p.arena, 4*p.plan.Offset[v], b); err != nil {
		return err
	}
	setFloats(dst, b)
	return nil
}

// Close implements graph.Program.
func (p *Program) Close() error {
	p.loop.free()
	for _, g := range p.groups {
		g.Free()
	}
	for _, b := range []Buffer{p.arena, p.params} {
		if b != nil {
			b.Free()
		}
	}
	*p = Program{backend: p.backend, plan: p.plan}
	return nil
}
