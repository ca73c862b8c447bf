package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/internal/record"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/inside"
)

// network is one of the networks of a model.
type network string

// The networks.
const (
	networkUNet    network = "unet"    // a step of a batch of latents, at one timestep
	networkDecoder network = "decoder" // a latent to an image
	networkText    network = "text"    // a prompt to its context
)

// isolated is one network, compiled as a run compiles it and fed with noise.
type isolated struct {
	p      graph.Program
	plan   *graph.Plan
	stages []graph.Stage
	inputs map[string][]float32
	result []float32
}

// errProfile is wrapped by the error of an executor that cannot time its
// operations.
var errProfile = errors.New("no profile")

// maxBatch bounds the batch of a U-Net: with guidance a run of the most images
// side by side has that many.
const maxBatch = 128

// isolate compiles a network on the device of a sampler, which must not be in
// use, for a batch (of the U-Net; 1 of the others) and for contexts or a prompt
// of so many tokens; 0: the model's most. The caller closes it.
func isolate(ctx context.Context, s *sampler.Sampler, n network, batch, tokens int) (*isolated, error) {
	c := s.Description().Model
	if tokens == 0 {
		tokens = c.Tokens
	}
	if batch < 1 || batch > maxBatch || tokens < 1 || tokens > c.Tokens || n != networkUNet && batch > 1 {
		return nil, fmt.Errorf("%w: %s with a batch of %d and %d tokens", sampler.ErrRequest, n, batch, tokens)
	}
	if n == networkText && !c.HasText() {
		return nil, fmt.Errorf("%w: this model was trained without text", sampler.ErrRequest)
	}
	r := graph.NewRecorder()
	i := &isolated{stages: []graph.Stage{graph.LatentStage}}
	switch n {
	case networkUNet:
		record.UNet(r, c, batch, tokens, false)
		i.stages = []graph.Stage{graph.TimestepStage, graph.LatentStage}
	case networkDecoder:
		record.Decoder(r, c)
	case networkText:
		record.Text(r, c, tokens)
		i.stages = []graph.Stage{graph.PromptStage}
	default:
		return nil, fmt.Errorf("%w: no network %q", sampler.ErrRequest, n)
	}
	var err error
	if i.plan, err = r.Plan(); err != nil {
		return nil, err
	}
	if i.p, err = inside.Backend(s).Compile(ctx, i.plan); err != nil {
		return nil, err
	}
	if err := i.fill(); err != nil {
		return nil, errors.Join(err, i.p.Close())
	}
	if n == networkUNet {
		err = i.p.Run(ctx, graph.PromptStage)
	}
	if err != nil {
		return nil, errors.Join(err, i.p.Close())
	}
	return i, nil
}

// fill makes inputs of noise and writes them.
func (i *isolated) fill() error {
	i.result = make([]float32, i.plan.Nodes[i.plan.Outputs[record.Out]].Len())
	i.inputs = map[string][]float32{}
	for name, v := range i.plan.Inputs {
		values := make([]float32, i.plan.Nodes[v].Len())
		switch name {
		case record.IDs, record.Positions, record.Types, record.Timestep: // 0 is an id, a position, a type and a timestep
		default:
			noise.Latent(values, 1, 0, noise.StreamInitial)
		}
		i.inputs[name] = values
		if err := i.p.Write(name, values); err != nil {
			return err
		}
	}
	return nil
}

// run evaluates the network once, as sampling does: it writes all inputs but the
// context and reads the result.
func (i *isolated) run(ctx context.Context) error {
	for name, values := range i.inputs {
		if name == record.Context {
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
	return i.p.Read(record.Out, i.result)
}

// flop is how many multiplications and additions of products a run is.
func (i *isolated) flop() float64 {
	var sum float64
	for _, s := range i.stages {
		for _, v := range i.plan.Stages[s] {
			sum += float64(i.plan.Work(v).FLOP)
		}
	}
	return sum
}

// profile is a run that calls f after each operation, as [graph.Timed] does.
func (i *isolated) profile(ctx context.Context, f func(p *graph.Plan, v graph.Value, d time.Duration)) error {
	p, ok := i.p.(graph.Timed)
	if !ok {
		return fmt.Errorf("%w: this device does not time its operations", errProfile)
	}
	p.Time(f)
	defer p.Time(nil)
	return i.run(ctx)
}

// close frees the network.
func (i *isolated) close() error { return i.p.Close() }
