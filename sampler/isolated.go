package sampler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
)

// Network is one of the networks of a model.
type Network string

// The networks.
const (
	UNet    Network = "unet"    // a step of a batch of latents, at one timestep
	Decoder Network = "decoder" // a latent to an image
	Text    Network = "text"    // a prompt to its context
)

// Isolated is a network by itself, compiled as a run compiles it and fed with
// noise, for benchmarks.
type Isolated struct {
	p      *program
	stages []graph.Stage
	inputs map[string][]float32
	result []float32
}

// ErrProfile is wrapped by the error of an executor that cannot time its
// operations.
var ErrProfile = errors.New("sampler: no profile")

// Isolate compiles a network for a batch (of the U-Net; 1 of the others) and
// for contexts or a prompt of so many tokens; 0: the model's most. The caller
// closes it.
func (s *Sampler) Isolate(ctx context.Context, n Network, batch, tokens int) (*Isolated, error) {
	c := s.description.Model
	if tokens == 0 {
		tokens = c.Tokens
	}
	if batch < 1 || batch > 2*maxBatch || tokens < 1 || tokens > c.Tokens || n != UNet && batch > 1 {
		return nil, fmt.Errorf("%w: %s with a batch of %d and %d tokens", ErrRequest, n, batch, tokens)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var record func(*graph.Recorder)
	i := &Isolated{stages: []graph.Stage{graph.LatentStage}}
	switch n {
	case UNet:
		record = func(r *graph.Recorder) { recordUNet(r, c, batch, tokens, false) }
		i.stages = []graph.Stage{graph.TimestepStage, graph.LatentStage}
	case Decoder:
		record = func(r *graph.Recorder) { recordDecoder(r, c) }
	case Text:
		if s.tokens == nil {
			return nil, fmt.Errorf("%w: this model was trained without text", ErrRequest)
		}
		record = func(r *graph.Recorder) { recordText(r, c, tokens) }
		i.stages = []graph.Stage{graph.PromptStage}
	default:
		return nil, fmt.Errorf("%w: no network %q", ErrRequest, n)
	}
	var err error
	if i.p, err = compile(ctx, s.backend.Compile, record); err != nil {
		return nil, err
	}
	i.result = make([]float32, graph.Len(i.p.shapes[out]))
	i.inputs = map[string][]float32{}
	for name, shape := range i.p.inputs {
		values := make([]float32, graph.Len(shape))
		switch name {
		case inIDs, inPosition, inTypes, inTimestep: // 0 is an id, a position, a type and a timestep
		default:
			noise.Latent(values, 1, 0, noise.StreamInitial)
		}
		i.inputs[name] = values
		if err := i.p.Write(name, values); err != nil {
			return nil, errors.Join(err, i.p.Close())
		}
	}
	if n == UNet {
		err = i.p.Run(ctx, graph.PromptStage)
	}
	if err != nil {
		return nil, errors.Join(err, i.p.Close())
	}
	return i, nil
}

// Run evaluates the network once, as a run does: its inputs but for the context
// are written, its result is read.
func (i *Isolated) Run(ctx context.Context) error {
	for name, values := range i.inputs {
		if name == inContext {
			continue
		}
		if err := i.p.Write(name, values); err != nil {
			return err
		}
	}
	for _, s := range i.stages {
		if err := i.p.Run(ctx, s); err != nil {
			return err
		}
	}
	return i.p.Read(out, i.result)
}

// FLOP is how many multiplications and additions of products a Run is.
func (i *Isolated) FLOP() float64 {
	var sum float64
	for _, s := range i.stages {
		for _, v := range i.p.plan.Stages[s] {
			sum += float64(i.p.plan.Work(v).FLOP)
		}
	}
	return sum
}

// Profile is a Run that calls f behind each operation, as [graph.Timed] does.
func (i *Isolated) Profile(ctx context.Context, f func(p *graph.Plan, v graph.Value, d time.Duration)) error {
	p, ok := i.p.Program.(graph.Timed)
	if !ok {
		return fmt.Errorf("%w: this device does not time its operations", ErrProfile)
	}
	p.Time(f)
	defer p.Time(nil)
	return i.Run(ctx)
}

// Close frees the network.
func (i *Isolated) Close() error { return i.p.Close() }
