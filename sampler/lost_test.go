package sampler_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/shaders"
	"github.com/roentgo/roentgo/weights"
)

// failing is a GPU that fails at one call of one of its methods, with fails.
type failing struct {
	gpu.Device
	calls map[string]int
	stage string // the method
	call  int    // from 1 on; 0: none
	fails error
}

func (f *failing) at(stage string) error {
	if f.calls[stage]++; f.stage == stage && f.calls[stage] == f.call {
		return f.fails
	}
	return nil
}

func (f *failing) NewBuffer(size int) (gpu.Buffer, error) {
	if err := f.at("new buffer"); err != nil {
		return nil, err
	}
	return f.Device.NewBuffer(size)
}

func (f *failing) Write(dst gpu.Buffer, offset int, data []byte) error {
	if err := f.at("upload"); err != nil {
		return err
	}
	return f.Device.Write(dst, offset, data)
}

func (f *failing) NewPipelines(list []shaders.Source) ([]gpu.Pipeline, error) {
	if err := f.at("compile"); err != nil {
		return nil, err
	}
	return f.Device.NewPipelines(list)
}

func (f *failing) NewGroup(p gpu.Pipeline, bindings ...gpu.Binding) (gpu.Group, error) {
	if err := f.at("bind"); err != nil {
		return nil, err
	}
	return f.Device.NewGroup(p, bindings...)
}

func (f *failing) Record(list []gpu.Dispatch) (gpu.Recording, error) {
	if err := f.at("record"); err != nil {
		return nil, err
	}
	return f.Device.Record(list)
}

func (f *failing) Submit(r gpu.Recording) error {
	if err := f.at("step"); err != nil {
		return err
	}
	return f.Device.Submit(r)
}

func (f *failing) Copy(src gpu.Buffer, offset, size int) (gpu.Copied, error) {
	if err := f.at("readback"); err != nil {
		return nil, err
	}
	c, err := f.Device.Copy(src, offset, size)
	if err != nil {
		return nil, err
	}
	return lateCopy{c, f}, nil
}

// lateCopy is a readback that fails on its way.
type lateCopy struct {
	gpu.Copied
	device *failing
}

func (c lateCopy) Wait(dst []byte) error {
	if err := c.device.at("readback, waiting"); err != nil {
		c.Drop()
		return err
	}
	return c.Copied.Wait(dst)
}

// TestLostAtEveryStage loses a GPU, and has one run out of memory, at the first,
// a middle and the last call of everything that a sampler asks of it (with
// ROENTGO_SOAK; else at some of them): where
// another device can be opened the image is the same, and where none can the
// error says what happened.
func TestLostAtEveryStage(t *testing.T) {
	if _, err := gpu.Adapters(); err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	m, err := weights.Open(samplertest.Tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	// image makes one on a device that fails there, with another to follow or not.
	image := func(f *failing, another bool) ([]float32, error) {
		f.calls = map[string]int{}
		first := true
		open := func(ctx context.Context, source graph.Source, failed error) (graph.Backend, error) {
			if failed != nil && !another {
				return nil, failed
			}
			d, err := gpu.Open(ctx)
			if err != nil {
				return nil, err
			}
			if first {
				first, f.Device = false, d
				d = f
			}
			return gpu.New(d, source, nil), nil
		}
		s, err := sampler.New(t.Context(), m, sampler.WithOpener(sampler.Options{}, open))
		if err != nil {
			return nil, err
		}
		defer s.Close()
		result, err := s.Sample(t.Context(), sampler.Request{Prompt: "pleural effusion", Seed: 5, Steps: 3})
		if err != nil {
			return nil, err
		}
		return result.Images[0].Pix, nil
	}
	healthy := &failing{}
	want, err := image(healthy, false)
	if err != nil {
		t.Fatal(err)
	}
	// Losing it in the middle, and no memory at first, are the short form.
	for stage, calls := range healthy.calls {
		for _, call := range []int{1, (calls + 1) / 2, calls} {
			for _, fails := range []error{gpu.ErrLost, gpu.ErrMemory} {
				for _, another := range []bool{true, false} {
					short := fails == gpu.ErrLost && another && call == (calls+1)/2 || fails == gpu.ErrMemory && !another && call == 1
					if !short && os.Getenv("ROENTGO_SOAK") == "" {
						continue
					}
					name := fmt.Sprintf("%s, call %d of %d: %v, another device: %t", stage, call, calls, fails, another)
					got, err := image(&failing{stage: stage, call: call, fails: fails}, another)
					switch {
					case !another && !errors.Is(err, fails):
						t.Errorf("%s: error %v", name, err)
					case another && err != nil:
						t.Errorf("%s: %v", name, err)
					case another:
						if p := samplertest.PSNR(got, want); p < 80 {
							t.Errorf("%s: the image agrees to %.1f dB", name, p)
						}
					}
				}
			}
		}
	}
	t.Logf("calls of a healthy device: %v", healthy.calls)
	if len(healthy.calls) != 8 {
		t.Errorf("%d stages were met, of 8", len(healthy.calls))
	}
}
