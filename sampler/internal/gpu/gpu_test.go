package gpu_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/shaders"
)

func open(t testing.TB) modeltest.Open {
	t.Helper()
	if _, err := gpu.Adapters(); err != nil {
		need.Missing(t, "no adapter: %v", err)
	}
	return func(s graph.Source) (graph.Backend, error) {
		d, err := gpu.Open(t.Context())
		if err != nil {
			return nil, err
		}
		return gpu.New(d, s, nil), nil
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
	modeltest.Benchmark(b, open(b), c)
}

func TestTooLarge(t *testing.T) {
	r := graph.NewRecorder()
	x := r.Input("x", graph.PerLatent, 1, 1, 4096, 4096)
	r.Output("out", r.Upsample2(x))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t)(modeltest.Random{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := modeltest.Run(t, b, g, nil, 1); !errors.Is(err, graph.ErrProgram) {
		t.Errorf("got error %v", err)
	}
}

func TestOpenAndCloseAgain(t *testing.T) {
	open := open(t)
	c := modeltest.Network[graph.Value](modeltest.UNet, model.Tiny(), 1)
	g, err := modeltest.Record(c)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		b, err := open(modeltest.RandomFor(g.Params()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := modeltest.Run(t, b, g, c.Inputs, 1); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewPipelines compiles shaders at one time of which one is none.
func TestNewPipelines(t *testing.T) {
	open(t)
	d, err := gpu.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	absent := shaders.SiLU
	absent.Entry = "absent"
	for range 20 {
		if _, err := d.NewPipelines([]shaders.Source{shaders.GELU, absent, shaders.Add, shaders.Mul}); err == nil || !strings.Contains(err.Error(), absent.File) {
			t.Fatalf("got error %v", err)
		}
		list, err := d.NewPipelines([]shaders.Source{shaders.GELU, shaders.SiLU, shaders.Add, shaders.Mul})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			p.Free()
		}
	}
}
