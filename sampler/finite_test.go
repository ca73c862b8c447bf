package sampler_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// overflowing is a model whose finite weights of that name overflow.
func overflowing(t *testing.T, tensor string) string {
	t.Helper()
	f := samplertest.File(t, samplertest.Description(model.Tiny()), weights.F32)
	for _, x := range f.Tensors {
		if x.Name == tensor {
			for i := range x.Float32 {
				x.Float32[i] = math.MaxFloat32
			}
			return samplertest.Write(t, f)
		}
	}
	t.Fatalf("no tensor %q", tensor)
	return ""
}

// TestNotFinite samples with models whose values overflow: every executor says
// where, and makes no image.
func TestNotFinite(t *testing.T) {
	for tensor, says := range map[string]string{
		"unet.conv_out.weight":        "step 1 of 4 (timestep 999)",
		"vae.decoder.conv_out.weight": "the decoder",
		"adapter.norm.weight":         "the text encoder",
	} {
		t.Run(tensor, func(t *testing.T) {
			path := overflowing(t, tensor)
			executors := map[string]sampler.Options{"cpu": {Device: sampler.CPU}}
			if _, err := gpu.Adapters(); err == nil {
				executors["gpu"] = sampler.Options{Device: sampler.GPU}
			}
			for name, options := range executors {
				s := samplertest.Open(t, path, options)
				_, err := s.Sample(t.Context(), sampler.Request{Prompt: "pleural effusion", Seed: 1})
				if !errors.Is(err, sampler.ErrNotFinite) || !strings.Contains(err.Error(), says) {
					t.Errorf("%s: error %v, want ErrNotFinite of %s", name, err, says)
				}
			}
			if says == "the decoder" {
				s := samplertest.Open(t, path, executors["cpu"])
				if _, err := s.Decode(t.Context(), make([]float32, s.Description().Model.LatentLen())); !errors.Is(err, sampler.ErrNotFinite) {
					t.Errorf("Decode: error %v, want ErrNotFinite", err)
				}
			}
		})
	}
}

// poisoned puts a value into one place of what its programs give, at one reading.
type poisoned struct {
	graph.Backend
	value float32
	call  int // of the reading, from 1 on
	calls *int
}

func (b poisoned) Compile(ctx context.Context, plan *graph.Plan) (graph.Program, error) {
	p, err := b.Backend.Compile(ctx, plan)
	return poisonedProgram{p, b}, err
}

type poisonedProgram struct {
	graph.Program
	backend poisoned
}

func (p poisonedProgram) Read(output string, dst []float32) error {
	err := p.Program.Read(output, dst)
	if output == "out" {
		if *p.backend.calls++; *p.backend.calls == p.backend.call {
			dst[len(dst)/2] = p.backend.value
		}
	}
	return err
}

// TestNotFiniteInTheMidst puts one value that is no number into what the text encoder and
// each step's prediction give, in turn: the run stops there and says where.
func TestNotFiniteInTheMidst(t *testing.T) {
	path := samplertest.Tiny(t)
	for i, want := range []string{"the text encoder", "step 1 of 4", "step 2 of 4", "step 3 of 4", "step 4 of 4", "the decoder"} {
		call := i + 1
		for _, value := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
			calls := 0
			s := opened(t, path, func(_ context.Context, source graph.Source, _ error) (graph.Backend, error) {
				b, err := cpu.New(source, cpu.Options{})
				return poisoned{b, value, call, &calls}, err
			})
			_, err := s.Sample(t.Context(), sampler.Request{Prompt: "effusion", Seed: 1, Steps: 4, Guidance: 1})
			if !errors.Is(err, sampler.ErrNotFinite) || !strings.Contains(err.Error(), want) {
				t.Errorf("%g at reading %d: error %v, want ErrNotFinite of %s", value, call, err, want)
			}
			if calls != call {
				t.Errorf("%d outputs were read after %g in number %d", calls, value, call)
			}
		}
	}
}

// TestManySteps samples with counts that once ended in NaN: the image agrees
// with that of another sampler at as many steps.
func TestManySteps(t *testing.T) {
	s := samplertest.Open(t, samplertest.Tiny(t), sampler.Options{Device: sampler.CPU})
	for _, steps := range []int{286, 1000} {
		want := sample(t, s, sampler.Request{Prompt: "effusion", Seed: 7, Steps: steps, Sampler: schedule.DDIM}).Images[0].Pix
		for _, name := range []string{schedule.UniPC, schedule.DPMpp2M} {
			got := sample(t, s, sampler.Request{Prompt: "effusion", Seed: 7, Steps: steps, Sampler: name}).Images[0].Pix
			if p := samplertest.PSNR(want, got); !(p > 40) {
				t.Errorf("%s at %d steps agrees with ddim to %.1f dB", name, steps, p)
			}
		}
	}
}
