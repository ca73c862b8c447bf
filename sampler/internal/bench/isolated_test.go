package bench

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
)

func sample(t *testing.T, s *sampler.Sampler, r sampler.Request) *sampler.Result {
	t.Helper()
	result, err := s.Sample(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestIsolate(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	work := map[string]float64{}
	for name, c := range map[string]struct {
		network       network
		batch, tokens int
	}{"step": {networkUNet, 1, 0}, "steps": {networkUNet, 4, 0}, "short": {networkUNet, 1, 1}, "decoder": {networkDecoder, 1, 0}, "text": {networkText, 1, 3}} {
		n, err := isolate(t.Context(), s, c.network, c.batch, c.tokens)
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		if err := n.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		operations := 0
		count := func(p *graph.Plan, v graph.Value, d time.Duration) {
			operations++
			if p.Arena < p.Live || float64(p.Arena) > 1.1*float64(p.Live) {
				t.Errorf("%s: an arena of %d values holds %d", name, p.Arena, p.Live)
			}
		}
		if err := n.profile(t.Context(), count); err != nil {
			t.Fatal(err)
		}
		if operations < 5 {
			t.Errorf("%s: %d operations", name, operations)
		}
		counted := operations
		if err := n.run(t.Context()); err != nil || operations != counted {
			t.Errorf("%s: after the profile, %d operations were reported, %v", name, operations-counted, err)
		}
		work[name] = n.flop()
	}
	if a, b := work["step"], work["steps"]; b < 3.9*a || b > 4*a {
		t.Errorf("a step is %g operations, one of four latents %g", a, b)
	}
	if work["short"] >= work["step"] {
		t.Error("fewer tokens are not less work")
	}
	if _, err := gpu.Adapters(); err == nil {
		onGPU := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.GPU})
		want := sample(t, onGPU, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0]
		n, err := isolate(t.Context(), onGPU, networkDecoder, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer n.close()
		operations := 0
		if err := n.profile(t.Context(), func(*graph.Plan, graph.Value, time.Duration) { operations++ }); err != nil || operations < 5 {
			t.Errorf("on the GPU: %d operations, %v", operations, err)
		}
		if !slices.Equal(want.Pix, sample(t, onGPU, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0].Pix) {
			t.Error("after a profile on the GPU the image is another one")
		}
	}
	// A network by itself leaves images as they are.
	before := sample(t, s, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0]
	n, err := isolate(t.Context(), s, networkUNet, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer n.close()
	if err := n.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before.Pix, sample(t, s, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0].Pix) {
		t.Error("the image is another one now")
	}
	for name, err := range map[string]error{
		"network":  func() error { _, err := isolate(t.Context(), s, "vae", 1, 0); return err }(),
		"batch":    func() error { _, err := isolate(t.Context(), s, networkDecoder, 2, 0); return err }(),
		"no batch": func() error { _, err := isolate(t.Context(), s, networkUNet, 0, 0); return err }(),
		"tokens":   func() error { _, err := isolate(t.Context(), s, networkText, 1, 33); return err }(),
	} {
		if !errors.Is(err, sampler.ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
