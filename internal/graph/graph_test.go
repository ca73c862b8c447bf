package graph

import (
	"errors"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

func recordUNet(t *testing.T, cfg model.Config, batch, tokens int, observe ...string) *Graph {
	t.Helper()
	r := NewRecorder(observe...)
	s := cfg.LatentSize()
	latent := r.Input("latent", PerLatent, batch, cfg.LatentChannels, s, s)
	timestep := r.Input("timestep", PerTimestep, 1)
	context := r.Input("context", PerPrompt, batch, tokens, cfg.TextFeatures)
	mask := r.Input("mask", PerPrompt, batch, tokens)
	r.Output("prediction", model.UNet(r, cfg, latent, timestep, context, mask))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The counts are those that the specification in PyTorch prints.
func TestParameterCounts(t *testing.T) {
	count := func(g *Graph) (n int) {
		for _, p := range g.Params() {
			n += Len(p.Shape)
		}
		return n
	}
	record := func(f func(r *Recorder) Value) *Graph {
		r := NewRecorder()
		r.Output("out", f(r))
		g, err := r.Graph()
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, c := range []struct {
		name                            string
		cfg                             model.Config
		unet, encoder, decoder, adapter int
	}{
		{"paper", model.Paper(), 39803784, 2754640, 539265, 592896},
		{"half", model.Half(), 19558344, 2754640, 539265, 592896},
		{"mini", model.Mini(), 11181768, 669360, 521508, 66560},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := count(recordUNet(t, c.cfg, 1, 7)); n != c.unet {
				t.Errorf("U-Net has %d parameters, want %d", n, c.unet)
			}
			n := count(record(func(r *Recorder) Value {
				return model.Encoder(r, c.cfg, r.Input("image", PerLatent, 1, 1, c.cfg.ImageSize, c.cfg.ImageSize))
			}))
			if n != c.encoder {
				t.Errorf("encoder has %d parameters, want %d", n, c.encoder)
			}
			n = count(record(func(r *Recorder) Value {
				s := c.cfg.LatentSize()
				return model.Decoder(r, c.cfg, r.Input("latent", PerLatent, 1, c.cfg.LatentChannels, s, s))
			}))
			if n != c.decoder {
				t.Errorf("decoder has %d parameters, want %d", n, c.decoder)
			}
			n = count(record(func(r *Recorder) Value {
				model.NullContext(r, c.cfg)
				return model.Adapter(r, r.Input("hidden", PerPrompt, 1, 3, c.cfg.TextFeatures))
			}))
			if n != c.adapter {
				t.Errorf("adapter has %d parameters, want %d", n, c.adapter)
			}
		})
	}
}

// No two values that live at the same time may share memory. The test runs the
// plan symbolically: each value writes its own number over its place, and each
// operand must still be there when it is read, in every step of a long run.
func TestArenaHoldsWhatIsRead(t *testing.T) {
	for _, cfg := range []model.Config{model.Tiny(), model.Mini(), model.Paper()} {
		p, err := recordUNet(t, cfg, 2, 9, "unet.down.0.attn.cross_attn").Plan()
		if err != nil {
			t.Fatal(err)
		}
		holds(t, p)
		if p, err = p.ChannelsLast(); err != nil {
			t.Fatal(err)
		}
		holds(t, p)
	}
}

// holds runs a plan symbolically.
func holds(t *testing.T, p *Plan) {
	t.Helper()
	owner := make([]Value, p.Arena)
	fill := func(v Value) {
		for i := range p.Nodes[v].Size() {
			owner[p.Offset[v]+i] = v
		}
	}
	check := func(reader, v Value) {
		root := p.Root(v)
		if p.Nodes[root].Op == Param {
			return
		}
		for i := range p.Nodes[root].Size() {
			if owner[p.Offset[root]+i] != root {
				t.Fatalf("%s (%d) reads value %d, which was overwritten", p.Nodes[reader].Op, reader, v)
			}
		}
	}
	run := func(s Stage) {
		for _, v := range p.Stages[s] {
			for _, in := range p.Nodes[v].In {
				check(v, in)
			}
			fill(v)
		}
	}
	for _, v := range p.Inputs {
		fill(v)
	}
	run(PromptStage)
	for range 3 {
		run(TimestepStage)
		run(LatentStage)
		for _, v := range p.Outputs {
			check(v, v)
		}
	}
	if p.Arena < p.Live || float64(p.Arena) > 1.1*float64(p.Live) {
		t.Errorf("the arena is %d values long, %d are alive at once: more than 10 %% is lost", p.Arena, p.Live)
	}
	t.Logf("the arena is %d values long, %d are alive at once", p.Arena, p.Live)
}

func TestHoisting(t *testing.T) {
	p, err := recordUNet(t, model.Mini(), 2, 9).Plan()
	if err != nil {
		t.Fatal(err)
	}
	count := func(s Stage, op Op) (n int) {
		for _, v := range p.Stages[s] {
			if p.Nodes[v].Op == op {
				n++
			}
		}
		return n
	}
	// Four levels attend to the text on the way down and four on the way up,
	// with keys and values each; one layer is of the pooled text.
	if n := count(PromptStage, Linear); n != 17 {
		t.Errorf("%d linear layers depend on the prompt alone, want 17", n)
	}
	// Two layers make the time features. What each residual block makes of them
	// depends on the text as well.
	if n := count(TimestepStage, Linear); n != 2 {
		t.Errorf("%d linear layers depend on the timestep alone, want 2", n)
	}
	if n := count(PromptStage, Conv2d) + count(TimestepStage, Conv2d); n != 0 {
		t.Errorf("%d convolutions were taken not to depend on the latent", n)
	}
}

// TestChannelsLast counts what is left of a residual network once it is fused.
func TestChannelsLast(t *testing.T) {
	p, err := recordUNet(t, model.Mini(), 2, 9).Plan()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = p.ChannelsLast(); err != nil {
		t.Fatal(err)
	}
	count := map[Op]int{}
	for _, v := range p.Stages[LatentStage] {
		n := &p.Nodes[v]
		count[n.Op]++
		if n.Op == Conv2d && p.Nodes[n.In[0]].Border != n.Padding {
			t.Errorf("a convolution with padding %d reads a border of %d", n.Padding, p.Nodes[n.In[0]].Border)
		}
	}
	// The latent comes in, the prediction goes out; the first convolution and
	// the three that halve the image have no norm before them. Text and timestep
	// are added and go through a SiLU once for all blocks.
	for op, want := range map[Op]int{SiLU: 1, Add: 1, Mul: 0, Transpose: 2, Pad: 4, GroupNorm: 8*2 + 6 + 1, Concat: 4} {
		if count[op] != want {
			t.Errorf("%d nodes are %s, want %d", count[op], op, want)
		}
	}
}

func TestRecordErrors(t *testing.T) {
	for name, f := range map[string]func(r *Recorder, x Value) Value{
		"linear":    func(r *Recorder, x Value) Value { return r.Linear(x, r.Param("w", 3, 5)) },
		"groups":    func(r *Recorder, x Value) Value { return r.GroupNorm(x, r.Param("w", 6), r.Param("b", 6), 4, 1e-5) },
		"broadcast": func(r *Recorder, x Value) Value { return r.Add(x, r.Param("y", 1, 5, 4, 4)) },
		"reshape":   func(r *Recorder, x Value) Value { return r.Reshape(x, 7) },
		"param":     func(r *Recorder, x Value) Value { r.Param("w", 2); return r.Param("w", 3) },
		"transpose": func(r *Recorder, x Value) Value { return r.Transpose(x, 1, 4) },
		"shuffle":   func(r *Recorder, x Value) Value { return r.PixelShuffle(x, 2) },
		"pool":      func(r *Recorder, x Value) Value { return r.AvgPool2(r.AvgPool2(r.AvgPool2(x))) },
	} {
		t.Run(name, func(t *testing.T) {
			r := NewRecorder()
			r.Output("out", f(r, r.Input("x", PerLatent, 1, 6, 4, 4)))
			if _, err := r.Graph(); !errors.Is(err, ErrRecord) {
				t.Errorf("error %v, want ErrRecord", err)
			}
		})
	}
	r := NewRecorder("nothing")
	if _, err := r.Graph(); !errors.Is(err, ErrRecord) {
		t.Errorf("observing an unknown name: error %v, want ErrRecord", err)
	}
}
