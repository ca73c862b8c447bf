package modeltest

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
)

// All returns every case that an executor must pass.
func All[T any]() []Case[T] {
	list := append(Ops[T](), Classifier[T]())
	list = append(list, Networks[T]("tiny", model.Tiny(), 1)...)
	list = append(list, Networks[T]("tiny", model.Tiny(), 3)...)
	return append(list, Networks[T]("reduced", Reduced(), 2)...)
}

// Expected computes a case in float64.
func Expected(c Case[*Tensor], source graph.Source) []float64 {
	var in []*Tensor
	for _, i := range c.Inputs {
		in = append(in, FromFloat32(i.Values, i.Shape...))
	}
	return c.Build(Reference{source}, in).Values
}

// Record records a case with one output, "out".
func Record(c Case[graph.Value]) (*graph.Graph, error) {
	r := graph.NewRecorder()
	var in []graph.Value
	for _, i := range c.Inputs {
		in = append(in, r.Input(i.Name, i.Rate, i.Shape...))
	}
	r.Output("out", c.Build(r, in))
	return r.Graph()
}

// Params returns the parameters of a case.
func Params(c Case[graph.Value]) (Random, error) {
	g, err := Record(c)
	if err != nil {
		return nil, err
	}
	return RandomFor(g.Params()), nil
}

// Difference is the largest difference of two results, in parts of want's
// range; NaN differs by infinity.
func Difference(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var most float64
	for i, v := range got {
		if d := math.Abs(float64(v) - want[i]); d > most || math.IsNaN(d) {
			most = d
			if math.IsNaN(d) {
				return math.Inf(1)
			}
		}
	}
	span := slices.Max(want) - slices.Min(want)
	if span == 0 {
		span = max(math.Abs(want[0]), 1)
	}
	return most / span
}

// expected holds the results of the cases of All by name. They take longer than
// an executor does, and a test program often has several executors.
var expected sync.Map

// byName returns the cases by name. Two of one name are an error.
func byName[T any](t *testing.T, list []Case[T]) map[string]Case[T] {
	t.Helper()
	cases := map[string]Case[T]{}
	for _, c := range list {
		if _, ok := cases[c.Name]; ok {
			t.Fatalf("two cases have the name %q", c.Name)
		}
		cases[c.Name] = c
	}
	return cases
}

// Check runs all cases on an executor: run computes one with the parameters of
// source.
func Check[T any](t *testing.T, run func(t *testing.T, c Case[T], source graph.Source) []float32) {
	references, records := byName(t, All[*Tensor]()), byName(t, All[graph.Value]())
	for _, c := range All[T]() {
		t.Run(c.Name, func(t *testing.T) {
			source, err := Params(records[c.Name])
			if err != nil {
				t.Fatal(err)
			}
			known, ok := expected.Load(c.Name)
			if !ok {
				known, _ = expected.LoadOrStore(c.Name, Expected(references[c.Name], source))
			}
			want := known.([]float64)
			got := run(t, c, source)
			d := Difference(got, want)
			if !(d <= c.Tolerance) {
				t.Errorf("error %.3g of the range, tolerated is %.3g", d, c.Tolerance)
			}
			t.Logf("error %.3g of the range of %d values", d, len(want))
		})
	}
}

// once is a source that may be closed after the first program was compiled: it
// gives each parameter one time.
type once struct {
	graph.Source
	given map[string]bool
}

func (o once) Float32(name string) ([]float32, error) {
	if o.given[name] {
		return nil, fmt.Errorf("modeltest: parameter %q is read again", name)
	}
	o.given[name] = true
	return o.Source.Float32(name)
}

// runCases checks all cases on a backend. It also checks that a program that
// runs twice gives the same bytes, and that parameters are read once.
func runCases(t *testing.T, open Open) {
	Check(t, func(t *testing.T, c Case[graph.Value], source graph.Source) []float32 {
		g, err := Record(c)
		if err != nil {
			t.Fatal(err)
		}
		b, err := open(once{source, map[string]bool{}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		got, err := Run(t, b, g, c.Inputs, 2)
		if err != nil {
			t.Fatal(err)
		}
		if i := differs(got[0], got[1]); i >= 0 {
			t.Fatalf("value %d was %g, and %g when run again", i, got[0][i], got[1][i])
		}
		if _, err := Run(t, b, g, nil, 0); err != nil {
			t.Fatalf("compiled again: %v", err)
		}
		return got[0]
	})
}

// Compile compiles a graph on a new backend with the parameters of source. Both
// are closed when the test ends.
func Compile(t testing.TB, open Open, g *graph.Graph, source graph.Source) (graph.Program, error) {
	t.Helper()
	plan, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	p, err := b.Compile(t.Context(), plan)
	if err == nil {
		t.Cleanup(func() { p.Close() })
	}
	return p, err
}

// Written compiles a case with random parameters and writes its inputs. out has
// room for its output "out".
func Written(t testing.TB, open Open, c Case[graph.Value]) (p graph.Program, out []float32) {
	t.Helper()
	g, err := Record(c)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Compile(t, open, g, RandomFor(g.Params())); err != nil {
		t.Fatal(err)
	}
	for _, in := range c.Inputs {
		if err := p.Write(in.Name, in.Values); err != nil {
			t.Fatal(err)
		}
	}
	return p, make([]float32, g.Nodes[g.Outputs[0].Value].Len())
}

// Run compiles a graph, writes the inputs and returns the output "out" of
// several runs of all stages.
func Run(t testing.TB, b graph.Backend, g *graph.Graph, inputs []Input, times int) ([][]float32, error) {
	plan, err := g.Plan()
	if err != nil {
		return nil, err
	}
	p, err := b.Compile(t.Context(), plan)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var results [][]float32
	for range times {
		for _, in := range inputs {
			if err := p.Write(in.Name, in.Values); err != nil {
				return nil, err
			}
		}
		for s := range graph.NumStages {
			if err := p.Run(t.Context(), s); err != nil {
				return nil, fmt.Errorf("stage %d: %w", s, err)
			}
		}
		out := make([]float32, plan.Nodes[plan.Outputs["out"]].Len())
		if err := p.Read("out", out); err != nil {
			return nil, err
		}
		results = append(results, out)
	}
	return results, nil
}

// Benchmark times a case as sampling runs it: what depends on the prompt runs
// once.
func Benchmark(b *testing.B, open Open, c Case[graph.Value]) {
	p, out := Written(b, open, c)
	run := func(stages ...graph.Stage) {
		for _, s := range stages {
			if err := p.Run(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
		if err := p.Read("out", out); err != nil {
			b.Fatal(err)
		}
	}
	run(graph.PromptStage, graph.TimestepStage, graph.LatentStage)
	for b.Loop() {
		run(graph.TimestepStage, graph.LatentStage)
	}
}
