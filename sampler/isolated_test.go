package sampler_test

import (
	"errors"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
)

func TestIsolate(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	work := map[string]float64{}
	for name, c := range map[string]struct {
		network       sampler.Network
		batch, tokens int
	}{"step": {sampler.UNet, 1, 0}, "steps": {sampler.UNet, 4, 0}, "short": {sampler.UNet, 1, 1}, "decoder": {sampler.Decoder, 1, 0}, "text": {sampler.Text, 1, 3}} {
		n, err := s.Isolate(t.Context(), c.network, c.batch, c.tokens)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		if err := n.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		operations := 0
		count := func(p *graph.Plan, v graph.Value, d time.Duration) {
			operations++
			if p.Arena < p.Live || float64(p.Arena) > 1.1*float64(p.Live) {
				t.Errorf("%s: an arena of %d values holds %d", name, p.Arena, p.Live)
			}
		}
		if err := n.Profile(t.Context(), count); err != nil {
			t.Fatal(err)
		}
		if operations < 5 {
			t.Errorf("%s: %d operations", name, operations)
		}
		counted := operations
		if err := n.Run(t.Context()); err != nil || operations != counted {
			t.Errorf("%s: behind the profile, %d operations were told, %v", name, operations-counted, err)
		}
		work[name] = n.FLOP()
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
		n, err := onGPU.Isolate(t.Context(), sampler.Decoder, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		operations := 0
		if err := n.Profile(t.Context(), func(*graph.Plan, graph.Value, time.Duration) { operations++ }); err != nil || operations < 5 {
			t.Errorf("on the GPU: %d operations, %v", operations, err)
		}
		if !same(want.Pix, sample(t, onGPU, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0].Pix) {
			t.Error("behind a profile on the GPU the image is another one")
		}
	}
	// A network by itself leaves images as they are.
	before := sample(t, s, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0]
	n, err := s.Isolate(t.Context(), sampler.UNet, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !same(before.Pix, sample(t, s, sampler.Request{Prompt: "effusion", Steps: 2}).Images[0].Pix) {
		t.Error("the image is another one now")
	}
	for name, err := range map[string]error{
		"network":  func() error { _, err := s.Isolate(t.Context(), "vae", 1, 0); return err }(),
		"batch":    func() error { _, err := s.Isolate(t.Context(), sampler.Decoder, 2, 0); return err }(),
		"no batch": func() error { _, err := s.Isolate(t.Context(), sampler.UNet, 0, 0); return err }(),
		"tokens":   func() error { _, err := s.Isolate(t.Context(), sampler.Text, 1, 33); return err }(),
	} {
		if !errors.Is(err, sampler.ErrRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
