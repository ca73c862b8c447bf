package sampler_test

import (
	"context"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// TestShippedModel samples three prompts with four seeds each on the CPU and
// on the GPU: the images agree to 70 dB.
func TestShippedModel(t *testing.T) {
	if _, err := gpu.Adapters(); err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	onDevice := func(device string) *sampler.Sampler {
		m, err := shipped.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		s, err := sampler.New(t.Context(), m, sampler.Options{Device: device})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	onCPU, onGPU := onDevice(sampler.CPU), onDevice(sampler.GPU)
	for _, prompt := range []string{"normal chest x-ray", "pleural effusion", "frontal chest x-ray. cardiomegaly. no pneumothorax."} {
		// Few steps: their number changes how long it takes, not how far the
		// devices lie apart.
		request := sampler.Request{Prompt: prompt, Seed: 1, Count: 4, Batch: 4, Steps: 6}
		want := sample(t, onCPU, request).Images
		for k, img := range sample(t, onGPU, request).Images {
			p := samplertest.PSNR(img.Pix, want[k].Pix)
			t.Logf("%q, seed %d: %.1f dB", prompt, img.Settings.Seed, p)
			if p < 70 {
				t.Errorf("%q, seed %d: CPU and GPU agree to %.1f dB, 70 are promised", prompt, img.Settings.Seed, p)
			}
		}
	}
}

// TestModes holds what the filters of mode Fast lose: its images are those of
// mode Small, whose convolutions are plain sums, to 60 dB. And mode Small gives
// them though the model is read as it goes.
func TestModes(t *testing.T) {
	inMode := func(mode string) *sampler.Sampler {
		m, err := shipped.Open()
		if err != nil {
			t.Fatal(err)
		}
		s, err := sampler.New(t.Context(), m, sampler.Options{Device: sampler.CPU, Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			s.Close()
			m.Close()
		})
		return s
	}
	request := sampler.Request{Prompt: "frontal chest x-ray. cardiomegaly. no pneumothorax.", Seed: 1, Count: 3}
	want := sample(t, inMode(cpu.Small), request).Images
	for k, img := range sample(t, inMode(cpu.Fast), request).Images {
		p := samplertest.PSNR(img.Pix, want[k].Pix)
		t.Logf("seed %d: %.1f dB", img.Settings.Seed, p)
		if p < 60 {
			t.Errorf("seed %d: the modes agree to %.1f dB, 60 are promised", img.Settings.Seed, p)
		}
	}
	m, err := shipped.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := sampler.New(t.Context(), m, sampler.Options{Device: sampler.CPU, Mode: "huge"}); err == nil {
		t.Error("a mode that is not there was accepted")
	}
}

// TestInstructions holds the images of all instruction sets of the processor
// but plain Go to the same bytes, and these to 60 dB from what plain Go makes
// with convolutions that are plain sums.
func TestInstructions(t *testing.T) {
	request := sampler.Request{Prompt: "frontal chest x-ray. cardiomegaly. no pneumothorax.", Seed: 1, Steps: 6}
	with := func(o cpu.Options) []float32 {
		m, err := shipped.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		s, err := sampler.New(t.Context(), m, sampler.WithOpener(sampler.Options{}, func(_ context.Context, source graph.Source, _ error) (graph.Backend, error) {
			return cpu.New(source, o)
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return sample(t, s, request).Images[0].Pix
	}
	sets := cpu.Instructions()
	fast, plain := sets[:len(sets)-1], sets[len(sets)-1]
	if len(fast) == 0 {
		t.Skip("this processor has plain Go alone")
	}
	want := with(cpu.Options{Instructions: fast[0]})
	for _, name := range fast[1:] {
		if !same(with(cpu.Options{Instructions: name}), want) {
			t.Errorf("%s gives other bytes than %s", name, fast[0])
		}
	}
	p := samplertest.PSNR(want, with(cpu.Options{Instructions: plain, Mode: cpu.Small}))
	t.Logf("%s: %.1f dB", fast[0], p)
	if p < 60 {
		t.Errorf("%s and plain Go agree to %.1f dB, 60 are promised", fast[0], p)
	}
}
