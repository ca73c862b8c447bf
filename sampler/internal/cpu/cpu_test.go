package cpu_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
)

func open(threads int) func(graph.Source) (graph.Backend, error) {
	return func(s graph.Source) (graph.Backend, error) { return cpu.New(s, cpu.Options{Threads: threads}) }
}

func TestCases(t *testing.T) {
	for _, name := range cpu.Instructions() {
		t.Run(name, func(t *testing.T) {
			modeltest.RunBackend(t, func(s graph.Source) (graph.Backend, error) {
				return cpu.New(s, cpu.Options{Threads: 2, Instructions: name})
			})
		})
	}
	t.Run(cpu.Small, func(t *testing.T) {
		modeltest.RunBackend(t, func(s graph.Source) (graph.Backend, error) {
			return cpu.New(s, cpu.Options{Threads: 2, Mode: cpu.Small})
		})
	})
	if _, err := cpu.New(nil, cpu.Options{Instructions: "mmx"}); err == nil || !strings.Contains(err.Error(), "there are") {
		t.Errorf("instructions of another time: %v", err)
	}
}

// unet runs the U-Net of tiny on copies of a few samples.
func unet(t *testing.T, threads int, samples ...int) []float32 {
	t.Helper()
	c := model.Tiny()
	all := modeltest.Networks[graph.Value]("", c, 3)[1]
	each := all
	each.Inputs = nil
	for _, in := range all.Inputs {
		n := len(in.Values) / 3
		one := in
		one.Shape = slices.Clone(in.Shape)
		one.Shape[0] = len(samples)
		one.Values = nil
		for _, s := range samples {
			one.Values = append(one.Values, in.Values[s*n:(s+1)*n]...)
		}
		each.Inputs = append(each.Inputs, one)
	}
	g, err := modeltest.Record(each)
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(threads)(modeltest.RandomFor(g.Params()))
	if err != nil {
		t.Fatal(err)
	}
	got, err := modeltest.Run(t, b, g, each.Inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func TestBytesDependOnTheSampleAlone(t *testing.T) {
	want := unet(t, 1, 0, 1, 2)
	n := len(want) / 3
	for _, threads := range []int{1, 2, 3} {
		for _, batch := range [][]int{{0}, {1}, {2}, {2, 0}, {1, 2, 0, 0, 1}} {
			got := unet(t, threads, batch...)
			for k, s := range batch {
				for i := range n {
					if math.Float32bits(got[k*n+i]) != math.Float32bits(want[s*n+i]) {
						t.Fatalf("%d threads, batch %v: sample %d differs at %d", threads, batch, s, i)
					}
				}
			}
		}
	}
}

// small is a program with one input of ids and one output.
func small(t *testing.T, source graph.Source) (graph.Program, error) {
	t.Helper()
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
	b, err := cpu.New(source, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return b.Compile(t.Context(), plan)
}

func TestRefusals(t *testing.T) {
	p, err := small(t, modeltest.Random{"table": {4, 3}})
	if err != nil {
		t.Fatal(err)
	}
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
		if err := p.Write("ids", []float32{0, id}); err != nil {
			t.Fatal(err)
		}
		refused(fmt.Sprint("id ", id), p.Run(t.Context(), graph.PromptStage))
	}
	if _, err := small(t, modeltest.Random{}); err == nil {
		t.Error("a source without the parameter was accepted")
	}
	_, err = small(t, modeltest.Random{"table": {3, 3}})
	refused("a parameter too short", err)
	for _, threads := range []int{-1, 1 << 20} {
		if _, err := cpu.New(modeltest.Random{}, cpu.Options{Threads: threads}); err == nil {
			t.Errorf("%d threads were accepted", threads)
		}
	}
}

func TestCancel(t *testing.T) {
	p, err := small(t, modeltest.Random{"table": {4, 3}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ctx, graph.PromptStage); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
}

// streaming is a backend that streams what it is asked to compile.
type streaming struct{ graph.Streamer }

func (s streaming) Compile(ctx context.Context, p *graph.Plan) (graph.Program, error) {
	return s.Stream(ctx, p)
}

func TestStream(t *testing.T) {
	c := modeltest.Networks[graph.Value]("", model.Tiny(), 2)[5]
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
			benchmark(b, modeltest.Networks[graph.Value]("", model.Mini(), batch)[0])
		})
	}
}

func BenchmarkDecoder(b *testing.B) {
	b.Run("mini", func(b *testing.B) { benchmark(b, modeltest.Networks[graph.Value]("", model.Mini(), 1)[3]) })
}

func benchmark(b *testing.B, c modeltest.Case[graph.Value]) {
	modeltest.Benchmark(b, open(0), c)
}
