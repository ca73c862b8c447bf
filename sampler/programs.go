package sampler

import (
	"context"
	"fmt"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/record"
)

// program is a compiled network, the plan it was made of and the shapes of its
// inputs and outputs.
type program struct {
	graph.Program
	plan           *graph.Plan
	inputs, shapes map[string][]int
}

// cached is a compiled program, kept while its shape is asked for again.
type cached struct {
	key     string
	program *program
}

func (c *cached) close() error {
	if c.program == nil {
		return nil
	}
	p := c.program
	*c = cached{}
	return p.Close()
}

// use returns the program of that key, compiling it where another was used
// before. The old one is closed first: both arenas need not fit at a time.
func (c *cached) use(ctx context.Context, b graph.Backend, key string, network func(*graph.Recorder), observe ...string) (*program, error) {
	if c.program != nil && c.key == key {
		return c.program, nil
	}
	if err := c.close(); err != nil {
		return nil, err
	}
	p, err := compile(ctx, b.Compile, network, observe...)
	if err != nil {
		return nil, err
	}
	*c = cached{key, p}
	return p, nil
}

func compile(ctx context.Context, compile func(context.Context, *graph.Plan) (graph.Program, error), network func(*graph.Recorder), observe ...string) (*program, error) {
	r := graph.NewRecorder(observe...)
	network(r)
	plan, err := r.Plan()
	if err != nil {
		return nil, err
	}
	p, err := compile(ctx, plan)
	if err != nil {
		return nil, err
	}
	shapes := func(values map[string]graph.Value) map[string][]int {
		m := map[string][]int{}
		for name, v := range values {
			m[name] = plan.Nodes[v].Shape
		}
		return m
	}
	return &program{p, plan, shapes(plan.Inputs), shapes(plan.Outputs)}, nil
}

// unetProgram evaluates the U-Net on copies·b latents, each with a context of n
// tokens; with a mask where contexts differ in length. A program is kept for
// each number of copies, 1 and 2: a guidance interval changes between them.
func (s *Sampler) unetProgram(ctx context.Context, copies, b, n int, masked bool, observe []string) (*program, error) {
	observe = slices.Clone(observe)
	slices.Sort(observe)
	return s.unets[copies-1].use(ctx, s.backend, fmt.Sprint(b, n, masked, observe), func(r *graph.Recorder) {
		record.UNet(r, s.description.Model, copies*b, n, masked)
	}, slices.Compact(observe)...)
}

// decoderProgram turns one standardised latent into an image.
func (s *Sampler) decoderProgram(ctx context.Context) (*program, error) {
	return s.decoder.use(ctx, s.backend, "", func(r *graph.Recorder) { record.Decoder(r, s.description.Model) })
}

// textProgram encodes one prompt of n tokens. It is not kept: prompts differ
// in length, and it runs once per image.
func (s *Sampler) textProgram(ctx context.Context, n int) (*program, error) {
	how := s.backend.Compile
	if s.streamer != nil {
		how = s.streamer.Stream
	}
	return compile(ctx, how, func(r *graph.Recorder) { record.Text(r, s.description.Model, n) })
}

// compileAll compiles every network once, so that all parameters are read.
func (s *Sampler) compileAll(ctx context.Context) error {
	if s.tokens != nil {
		p, err := s.textProgram(ctx, 2)
		if err != nil {
			return err
		}
		if err := p.Close(); err != nil {
			return err
		}
	}
	if _, err := s.unetProgram(ctx, 1, 1, 1, false, nil); err != nil {
		return err
	}
	if err := s.unets[0].close(); err != nil { // most runs need another, and not this one's arena
		return err
	}
	_, err := s.decoderProgram(ctx)
	return err
}

// condition is what the U-Net attends to for one prompt: n tokens.
type condition struct {
	n      int
	values []float32 // n × text_features
}

// tokenize returns the tokens of a text; none for a model without text.
func (s *Sampler) tokenize(text string, truncate bool) ([]int32, error) {
	if s.tokens == nil {
		return nil, nil
	}
	ids, err := s.tokens.Encode(text, truncate)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return ids, nil
}

// encode returns the condition of a text.
func (s *Sampler) encode(ctx context.Context, text string, truncate bool) (condition, error) {
	ids, err := s.tokenize(text, truncate)
	if err != nil {
		return condition{}, err
	}
	if len(ids) == 0 {
		return s.null, nil
	}
	p, err := s.textProgram(ctx, len(ids))
	if err != nil {
		return condition{}, err
	}
	defer p.Close()
	values, positions := make([]float32, len(ids)), make([]float32, len(ids))
	for i, id := range ids {
		values[i], positions[i] = float32(id), float32(i)
	}
	for name, v := range map[string][]float32{record.IDs: values, record.Positions: positions, record.Types: make([]float32, len(ids))} {
		if err := p.Write(name, v); err != nil {
			return condition{}, err
		}
	}
	return s.runText(ctx, p, len(ids))
}

func (s *Sampler) runText(ctx context.Context, p *program, n int) (condition, error) {
	c := condition{n, make([]float32, n*s.description.Model.TextFeatures)}
	if err := p.Run(ctx, graph.PromptStage); err != nil {
		return c, err
	}
	if err := p.Read(record.Out, c.values); err != nil {
		return c, err
	}
	return c, finite(c.values, "the text encoder")
}
