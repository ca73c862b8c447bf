// Package cpu runs a plan of package graph on the processor: its inner loops
// are in assembly where there is some for it, and in Go, which is the twin of
// all of them, elsewhere. It is the fallback where there is no GPU.
//
// The bytes of a result depend on neither the number of threads nor the batch
// nor a value's place in it: every value is computed in one order, by a method
// that its shape alone decides. AVX-512, AVX2 and NEON give the same bytes, as
// far as functions of package math do, which on another architecture may differ
// in the last bit of a float64; plain Go and mode Small give others.
package cpu

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
)

// Options are those of [New].
type Options struct {
	Threads int    // 0: one per core
	Mode    string // Fast or Small; "": Fast
	// Instructions are one of [Instructions]; "": the fastest that the processor
	// has.
	Instructions string
	// Choose returns the method of each convolution that Winograd's filters can
	// compute; nil: what Mode says.
	Choose func(Shape) Method
}

// Modes of [Options].
const (
	// Fast takes for every convolution what is fastest, and keeps up to four
	// times its weights for it.
	Fast = "fast"
	// Small keeps every weight once, computes every convolution as one sum, and
	// leaves little for the collector.
	Small = "small"
)

// MaxThreads bounds Options.Threads.
const MaxThreads = 1024

// Backend implements graph.Backend. Its programs share the parameters.
type Backend struct {
	source       graph.Source
	threads      int
	instructions *instructions
	choose       func(Shape) Method
	thrifty      bool // mode Small

	mu      sync.Mutex
	garbage int // bytes since the last collection
	plain   map[string][]float32
	packed  map[packing][]panels
}

var _ graph.Backend = (*Backend)(nil)

// New returns a backend for the parameters of source, which are read when a
// program first needs them.
func New(source graph.Source, o Options) (*Backend, error) {
	if o.Threads < 0 || o.Threads > MaxThreads {
		return nil, fmt.Errorf("cpu: %d threads; 1 to %d are possible, 0 is one per core", o.Threads, MaxThreads)
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	best := slices.IndexFunc(available(), func(t *instructions) bool { return o.Instructions == "" || o.Instructions == t.name })
	if best < 0 {
		return nil, fmt.Errorf("cpu: no instructions %q here (there are %s)", o.Instructions, strings.Join(Instructions(), ", "))
	}
	b := (&Backend{source: source, threads: o.Threads, instructions: available()[best]}).empty()
	switch o.Mode {
	case "", Fast:
		b.choose = b.instructions.fastest
	case Small:
		b.thrifty = true
		b.choose = func(Shape) Method { return Direct }
	default:
		return nil, fmt.Errorf("cpu: no mode %q (there are %s, %s)", o.Mode, Fast, Small)
	}
	if o.Choose != nil {
		b.choose = o.Choose
	}
	return b, nil
}

// Instructions lists the instruction sets that this processor can run, the
// fastest first, plain Go last. Those with fused multiply-add give the same
// bytes; plain Go differs from them by rounding.
func Instructions() []string {
	var names []string
	for _, t := range available() {
		names = append(names, t.name)
	}
	return names
}

// Name implements graph.Backend.
func (b *Backend) Name() string {
	if b.threads == 1 {
		return fmt.Sprintf("cpu (1 thread, %s)", b.instructions.name)
	}
	return fmt.Sprintf("cpu (%d threads, %s)", b.threads, b.instructions.name)
}

// Close implements graph.Backend.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plain, b.packed = map[string][]float32{}, map[packing][]panels{}
	return nil
}

// param returns a parameter as it is in the file.
func (b *Backend) param(n *graph.Node) ([]float32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v, ok := b.plain[n.Name]; ok {
		return v, nil
	}
	v, err := graph.ParamValues(b.source, n)
	if err == nil {
		b.plain[n.Name] = v
	}
	return v, err
}

// weights returns the weights of a linear layer or convolution, packed for the
// way in which it is computed.
func (b *Backend) weights(n *graph.Node, how Method) ([]panels, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := packing{n.Name, how}
	if p, ok := b.packed[key]; ok {
		return p, nil
	}
	v, err := graph.ParamValues(b.source, n)
	if err != nil {
		return nil, err
	}
	var p []panels
	if f := b.instructions.filter(how); f != nil {
		p = b.instructions.winogradWeights(f.Filter, v, n.Shape)
	} else {
		p = []panels{b.instructions.packedWeights(v, n.Shape)}
	}
	b.packed[key] = p
	b.discard(len(v))
	return p, nil
}

// packing is a parameter packed for one method.
type packing struct {
	name string
	how  Method
}

// Program implements graph.Program.
type Program struct {
	*instructions
	team
	plan    *graph.Plan
	arena   []float32
	stages  [graph.NumStages][]kernel
	timer   func(p *graph.Plan, v graph.Value, d time.Duration) // or nil
	buffers [][]float32                                         // a worker
	common  []float32                                           // for one operation at a time
}

var _ graph.Timed = (*Program)(nil)

// Compile implements graph.Backend.
func (b *Backend) Compile(ctx context.Context, plan *graph.Plan) (graph.Program, error) {
	return b.program(ctx, plan, b.kernel)
}

func (b *Backend) program(ctx context.Context, plan *graph.Plan, bind func(p *Program, v graph.Value) (kernel, error)) (graph.Program, error) {
	plan, err := plan.ChannelsLast()
	if err != nil {
		return nil, err
	}
	p := &Program{instructions: b.instructions, team: newTeam(b.threads), plan: plan, arena: make([]float32, plan.Arena), buffers: make([][]float32, b.threads)}
	for s, list := range plan.Stages {
		for _, v := range list {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			k, err := bind(p, v)
			if err != nil {
				return nil, err
			}
			p.stages[s] = append(p.stages[s], k)
		}
	}
	return p, nil
}

// value returns the memory of a value: in the arena, or of a parameter, which
// is read where the program does not have it yet.
func (b *Backend) value(p *Program, v graph.Value) ([]float32, error) {
	root := p.plan.Root(v)
	n := &p.plan.Nodes[root]
	if n.Op == graph.Param {
		return b.param(n)
	}
	at := p.plan.Offset[root]
	return p.arena[at : at+n.Size()], nil
}

// Write implements graph.Program.
func (p *Program) Write(input string, data []float32) error {
	v, err := p.plan.Input(input, data)
	if err != nil {
		return err
	}
	copy(p.arena[p.plan.Offset[v]:], data)
	return nil
}

// Read implements graph.Program.
func (p *Program) Read(output string, dst []float32) error {
	v, err := p.plan.Output(output, dst)
	if err != nil {
		return err
	}
	copy(dst, p.arena[p.plan.Offset[v]:])
	return nil
}

// Run implements graph.Program. ctx is looked at between operations.
func (p *Program) Run(ctx context.Context, s graph.Stage) error {
	return p.run(func() error {
		for i, k := range p.stages[s] {
			if err := ctx.Err(); err != nil {
				return err
			}
			begun := time.Now()
			if err := k(); err != nil {
				return err
			}
			if p.timer != nil {
				p.timer(p.plan, p.plan.Stages[s][i], time.Since(begun))
			}
		}
		return ctx.Err()
	})
}

// Time implements graph.Timed.
func (p *Program) Time(f func(p *graph.Plan, v graph.Value, d time.Duration)) { p.timer = f }

// scratch returns memory of a worker, of arbitrary content: room for the sums
// of a tile, and n values.
func (p *Program) scratch(worker, n int) (tile, values []float32) {
	tileLen := p.rows * p.cols
	if len(p.buffers[worker]) < tileLen+n {
		p.buffers[worker] = make([]float32, tileLen+n)
	}
	return p.buffers[worker][:tileLen], p.buffers[worker][tileLen:][:n]
}

// shared returns n values of arbitrary content for all workers of one operation.
func (p *Program) shared(n int) []float32 {
	if len(p.common) < n {
		p.common = make([]float32, n)
	}
	return p.common[:n]
}

// Close implements graph.Program.
func (p *Program) Close() error {
	p.arena, p.stages, p.buffers, p.common = nil, [graph.NumStages][]kernel{}, nil, nil
	return nil
}
