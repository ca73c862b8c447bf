package sampler_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/device"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// scripted is a GPU that says that it is no software, and is lost when the
// number of submissions left, where there is one, has run out.
type scripted struct {
	gpu.Device
	left *int
}

func (s scripted) Info() gpu.Info {
	i := s.Device.Info()
	i.Type = gpu.Discrete
	return i
}

func (s scripted) Submit(r gpu.Recording) error {
	if s.left != nil {
		if *s.left--; *s.left < 0 {
			return gpu.ErrLost
		}
	}
	return s.Device.Submit(r)
}

// onHardware opens a sampler that queues steps ahead. left gives the
// submissions that each device in turn lasts; later ones do not end.
func onHardware(t *testing.T, path string, left ...int) *sampler.Sampler {
	t.Helper()
	if _, err := gpu.Adapters(); err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	return opened(t, path, func(ctx context.Context, source graph.Source, _ error) (graph.Backend, error) {
		d, err := gpu.Open(ctx)
		if err != nil {
			return nil, err
		}
		if len(left) == 0 {
			return gpu.New(scripted{d, nil}, source, nil), nil
		}
		n := left[0]
		left = left[1:]
		return gpu.New(scripted{d, &n}, source, nil), nil
	})
}

// opened opens a model file on the device of an opener, until the test ends.
func opened(t *testing.T, path string, f device.Opener) *sampler.Sampler {
	t.Helper()
	m, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	s, err := sampler.New(t.Context(), m, sampler.WithOpener(sampler.Options{}, f))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestStepsOnTheDevice compares images whose steps a GPU took, queued ahead, with
// those whose every step came to the host.
func TestStepsOnTheDevice(t *testing.T) {
	s := onHardware(t, samplertest.Tiny(t))
	some, eta := 0.7, 0.5
	for name, r := range map[string]sampler.Request{
		"ddim":              {Sampler: schedule.DDIM},
		"ddim with noise":   {Sampler: schedule.DDIM, Eta: &eta},
		"dpm++2m":           {Sampler: schedule.DPMpp2M},
		"unipc":             {Sampler: schedule.UniPC},
		"rescaled":          {Sampler: schedule.UniPC, Rescale: &some, Guidance: 7},
		"guided in between": {Sampler: schedule.UniPC, GuidanceInterval: &schedule.Interval{Low: 200, High: 800}},
		"without guidance":  {Sampler: schedule.DDIM, Guidance: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r.Prompt, r.Seed, r.Steps, r.Count, r.Batch = "pleural effusion", 5, 6, 5, 3
			var steps [2][]string
			var latents [2][]float32
			progress := func(i int) func(sampler.Progress) {
				return func(p sampler.Progress) {
					steps[i] = append(steps[i], fmt.Sprint(p.Image, p.Step))
					latents[i] = append(latents[i], p.Latent()...)
				}
			}
			r.Progress = progress(0)
			got := sample(t, s, r).Images
			r.Progress = progress(1)
			r.Trace = func(string, []int, []float32) {}
			want := sample(t, s, r).Images
			for k := range want {
				if p := samplertest.PSNR(got[k].Pix, want[k].Pix); p < 80 {
					t.Errorf("image %d agrees to %.1f dB", k, p)
				}
			}
			if a, b := fmt.Sprint(steps[0]), fmt.Sprint(steps[1]); a != b {
				t.Errorf("reported %s, want %s", a, b)
			}
			if p := samplertest.PSNR(latents[0], latents[1]); len(latents[0]) != len(latents[1]) || p < 80 {
				t.Errorf("the previews' latents agree to %.1f dB", p)
			}
		})
	}
}

// TestLostAhead loses devices with steps in flight: the steps that had come
// back are not taken again, and the image is the same.
func TestLostAhead(t *testing.T) {
	path := samplertest.Tiny(t)
	r := sampler.Request{Prompt: "pleural effusion", Seed: 5, Steps: 12, Sampler: schedule.UniPC, GuidanceInterval: &schedule.Interval{High: 800}}
	want := sample(t, onHardware(t, path), r).Images[0]
	for _, left := range [][]int{{0}, {6}, {15}, {20, 11}, {9, 9, 9}} {
		var steps []int
		r.Progress = func(p sampler.Progress) { steps = append(steps, p.Step) }
		got := sample(t, onHardware(t, path, left...), r).Images[0]
		if p := samplertest.PSNR(got.Pix, want.Pix); p < 80 {
			t.Errorf("lost after %v submissions: the image agrees to %.1f dB", left, p)
		}
		for i, n := range steps {
			if i != n {
				t.Fatalf("lost after %v submissions: reported steps %v", left, steps)
			}
		}
	}
	r.Progress = nil
	if _, err := onHardware(t, path, 9, 9, 9, 9, 9).Sample(t.Context(), r); !errors.Is(err, gpu.ErrLost) {
		t.Errorf("a request that loses every device ended with %v", err)
	}
}
