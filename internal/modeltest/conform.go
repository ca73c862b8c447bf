package modeltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
)

// Open opens a backend with the parameters of a source.
type Open func(graph.Source) (graph.Backend, error)

// Conform checks on a backend all that every executor promises: right values,
// errors for bad input, an end when it is cancelled, and bytes of a sample that
// do not depend on the samples beside it.
func Conform(t *testing.T, open Open) {
	t.Run("Cases", func(t *testing.T) { runCases(t, open) })
	t.Run("Refusals", func(t *testing.T) { runRefusals(t, open) })
	t.Run("Cancel", func(t *testing.T) { runCancel(t, open) })
	t.Run("Samples", func(t *testing.T) { SameSamples(t, open) })
}

// lookup compiles a program that looks up two ids in a table of 4 rows of 3
// features. Its parameters have the shapes of source.
func lookup(t *testing.T, open Open, source graph.Source) (graph.Program, error) {
	t.Helper()
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("out", r.Embedding(r.Param("table", 4, 3), ids))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return Compile(t, open, g, source)
}

func runRefusals(t *testing.T, open Open) {
	p, err := lookup(t, open, Random{"table": {4, 3}})
	if err != nil {
		t.Fatal(err)
	}
	run := func(ids ...float32) error {
		if err := p.Write("ids", ids); err != nil {
			return err
		}
		return p.Run(t.Context(), graph.PromptStage)
	}
	for name, do := range map[string]func() error{
		"an unknown input":  func() error { return p.Write("words", make([]float32, 2)) },
		"a short input":     func() error { return p.Write("ids", make([]float32, 1)) },
		"an unknown output": func() error { return p.Read("in", make([]float32, 6)) },
		"a short output":    func() error { return p.Read("out", make([]float32, 5)) },
		"a short parameter": func() error {
			_, err := lookup(t, open, Random{"table": {3, 3}})
			return err
		},
	} {
		if err := do(); !errors.Is(err, graph.ErrProgram) {
			t.Errorf("%s: got error %v, want graph.ErrProgram", name, err)
		}
	}
	for _, id := range []float32{-1, 4, 0.5, 1e30, float32(math.NaN()), float32(math.Inf(1))} {
		err := run(0, id)
		if want := fmt.Sprintf("id %g is not one of a table of 4 rows", id); !errors.Is(err, graph.ErrProgram) || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want graph.ErrProgram: %s", err, want)
		}
	}
	if _, err := lookup(t, open, Random{}); err == nil {
		t.Error("a source without the parameter was accepted")
	}
	if err := run(0, 3); err != nil {
		t.Errorf("good ids after bad ones: %v", err)
	}
}

func runCancel(t *testing.T, open Open) {
	p, err := lookup(t, open, Random{"table": {4, 3}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Run(ctx, graph.PromptStage); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want context.Canceled", err)
	}
}

// SameSamples computes the U-Net of tiny for batches of three samples in
// several orders. The bytes of a sample must be the same in each batch and
// with each of the variants of a backend, for example its numbers of threads.
func SameSamples(t *testing.T, variants ...Open) {
	var want []float32
	for v, open := range variants {
		if want == nil {
			want = Samples(t, opened(t, open), 0, 1, 2)
		}
		n := len(want) / 3
		for _, batch := range [][]int{{0}, {1}, {2}, {2, 0}, {1, 2, 0, 0, 1}} {
			got := Samples(t, opened(t, open), batch...)
			for k, s := range batch {
				if i := differs(got[k*n:(k+1)*n], want[s*n:(s+1)*n]); i >= 0 {
					t.Fatalf("variant %d, batch %v: value %d of sample %d differs", v, batch, i, s)
				}
			}
		}
	}
}

func opened(t *testing.T, open Open) graph.Backend {
	t.Helper()
	b, err := open(SampleParams(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// differs returns the first index at which the bits of two lists differ, or -1.
func differs(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// three is the case that Samples takes its samples from.
func three() Case[graph.Value] { return Network[graph.Value](UNetMasked, model.Tiny(), 3) }

// SampleParams returns the parameters that [Samples] needs.
func SampleParams(t testing.TB) graph.Source {
	t.Helper()
	params, err := Params(three())
	if err != nil {
		t.Fatal(err)
	}
	return params
}

// Samples runs the masked U-Net of tiny on a batch of samples, each 0, 1 or 2,
// and returns their outputs one after the other.
func Samples(t testing.TB, b graph.Backend, samples ...int) []float32 {
	t.Helper()
	c := three()
	inputs := slices.Clone(c.Inputs)
	for i, in := range inputs {
		n := len(in.Values) / 3
		inputs[i].Shape = slices.Clone(in.Shape)
		inputs[i].Shape[0] = len(samples)
		inputs[i].Values = nil
		for _, s := range samples {
			inputs[i].Values = append(inputs[i].Values, in.Values[s*n:(s+1)*n]...)
		}
	}
	c.Inputs = inputs
	g, err := Record(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(t, b, g, inputs, 1)
	if err != nil {
		t.Fatal(fmt.Errorf("samples %v: %w", samples, err))
	}
	return got[0]
}
