package cpu_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
)

func open(threads int) modeltest.Open {
	return func(s graph.Source) (graph.Backend, error) { return cpu.New(s, cpu.Options{Threads: threads}) }
}

func TestConformance(t *testing.T) {
	for _, name := range cpu.Instructions() {
		t.Run(name, func(t *testing.T) {
			modeltest.Conform(t, func(s graph.Source) (graph.Backend, error) {
				return cpu.New(s, cpu.Options{Threads: 2, Instructions: name})
			})
		})
	}
	t.Run(cpu.Small, func(t *testing.T) {
		modeltest.Conform(t, func(s graph.Source) (graph.Backend, error) {
			return cpu.New(s, cpu.Options{Threads: 2, Mode: cpu.Small})
		})
	})
	if _, err := cpu.New(nil, cpu.Options{Instructions: "mmx"}); err == nil || !strings.Contains(err.Error(), "there are") {
		t.Errorf("unknown instructions: %v", err)
	}
}

// TestThreads checks that the number of threads does not change a byte.
func TestThreads(t *testing.T) {
	modeltest.SameSamples(t, open(1), open(2), open(3))
	for _, threads := range []int{-1, 1 << 20} {
		if _, err := cpu.New(modeltest.Random{}, cpu.Options{Threads: threads}); err == nil {
			t.Errorf("%d threads were accepted", threads)
		}
	}
}

// streaming is a backend that streams what it is asked to compile.
type streaming struct{ graph.Streamer }

func (s streaming) Compile(ctx context.Context, p *graph.Plan) (graph.Program, error) {
	return s.Stream(ctx, p)
}

func TestStream(t *testing.T) {
	c := modeltest.Network[graph.Value](modeltest.TextEncoderMasked, model.Tiny(), 2)
	g, err := modeltest.Record(c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := cpu.New(modeltest.RandomFor(g.Params()), cpu.Options{Mode: cpu.Small})
	if err != nil {
		t.Fatal(err)
	}
	got, err := modeltest.Run(t, streaming{b}, g, c.Inputs, 2)
	if err != nil {
		t.Fatal(err)
	}
	want, err := modeltest.Run(t, b, g, c.Inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range want[0] {
		if got[0][i] != v || got[1][i] != v {
			t.Fatalf("value %d is %g and %g, it was to be %g", i, got[0][i], got[1][i], v)
		}
	}
	missing, err := cpu.New(modeltest.Random{}, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := modeltest.Run(t, streaming{missing}, g, c.Inputs, 1); err == nil {
		t.Error("a source without the parameters was streamed")
	}
}

func BenchmarkUNet(b *testing.B) {
	for _, batch := range []int{1, 2} {
		b.Run(fmt.Sprintf("mini/batch%d", batch), func(b *testing.B) {
			benchmark(b, modeltest.Network[graph.Value](modeltest.UNet, model.Mini(), batch))
		})
	}
}

func BenchmarkDecoder(b *testing.B) {
	b.Run("mini", func(b *testing.B) { benchmark(b, modeltest.Network[graph.Value](modeltest.Decoder, model.Mini(), 1)) })
}

func benchmark(b *testing.B, c modeltest.Case[graph.Value]) {
	modeltest.Benchmark(b, open(0), c)
}
