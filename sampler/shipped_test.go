package sampler_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/gpu"
	"github.com/roentgo/roentgo/sampler/samplertest"
	"github.com/roentgo/roentgo/sampler/samplertest/need"
	"github.com/roentgo/roentgo/weights/defaultmodel"
)

// TestShippedModel samples three prompts with four seeds each on the CPU and
// on the GPU: the images agree to 70 dB.
func TestShippedModel(t *testing.T) {
	if _, err := gpu.Adapters(); err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	onDevice := func(device string) *sampler.Sampler {
		m, err := defaultmodel.Open()
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
