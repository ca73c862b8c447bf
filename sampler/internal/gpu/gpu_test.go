package gpu_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/shaders"
)

func open(t testing.TB) func(graph.Source) (graph.Backend, error) {
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
			benchmark(b, modeltest.Networks[graph.Value]("", model.Mini(), batch)[0])
		})
	}
}

func BenchmarkDecoder(b *testing.B) {
	b.Run("mini", func(b *testing.B) { benchmark(b, modeltest.Networks[graph.Value]("", model.Mini(), 1)[3]) })
}

func benchmark(b *testing.B, c modeltest.Case[graph.Value]) {
	modeltest.Benchmark(b, open(b), c)
}

func TestRefusals(t *testing.T) {
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("out", r.Embedding(r.Param("table", 4, 3), ids))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t)(modeltest.Random{"table": {4, 3}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	p, err := b.Compile(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	refused := func(what string, err error) {
		if !errors.Is(err, graph.ErrProgram) {
			t.Errorf("%s: got error %v", what, err)
		}
	}
	refused("unknown input", p.Write("words", make([]float32, 2)))
	refused("short input", p.Write("ids", make([]float32, 1)))
	refused("unknown output", p.Read("in", make([]float32, 6)))
	refused("short output", p.Read("out", make([]float32, 5)))
	for _, id := range []float32{-1, 4, 0.5, 1e30, float32(math.NaN()), float32(math.Inf(1))} {
		refused(fmt.Sprint("id ", id), p.Write("ids", []float32{0, id}))
	}
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
	c := modeltest.Networks[graph.Value]("", model.Tiny(), 1)[0]
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
