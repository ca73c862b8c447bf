//go:build js

package simd_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall/js"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/internal/simd"
	"github.com/roentgo/roentgo/sampler/model"
)

const worker = "../threads.js" // from testdata in Node, from the folder of the worker in a browser

func init() {
	if js.Global().Get("Worker").IsUndefined() { // in Node
		folder, err := os.Getwd()
		if err != nil {
			panic(err)
		}
		js.Global().Set("Worker", js.Global().Call("require", filepath.Join(folder, "testdata/worker.cjs")))
	}
}

func open(t testing.TB, threads int) func(graph.Source) (graph.Backend, error) {
	return func(s graph.Source) (graph.Backend, error) {
		// A browser has addresses for some hundred memories that threads share.
		// It frees those of closed backends once Go has let go of them.
		runtime.GC()
		b, err := simd.New(context.Background(), s, simd.Options{Threads: threads, WorkerURL: worker})
		if err == nil && !strings.Contains(b.Name(), fmt.Sprintf("(%d thread", threads)) {
			t.Errorf("%d threads were asked for, there is %s", threads, b.Name())
		}
		return b, err
	}
}

func TestCases(t *testing.T) {
	for _, threads := range []int{1, 2} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) { modeltest.RunBackend(t, open(t, threads)) })
	}
}

// unet runs the U-Net of tiny on copies of a few samples.
func unet(t *testing.T, b graph.Backend, samples ...int) []float32 {
	t.Helper()
	c := modeltest.Networks[graph.Value]("", model.Tiny(), 3)[1]
	all := c.Inputs
	c.Inputs = nil
	for _, in := range all {
		n := len(in.Values) / 3
		one := in
		one.Shape = slices.Clone(in.Shape)
		one.Shape[0] = len(samples)
		one.Values = nil
		for _, s := range samples {
			one.Values = append(one.Values, in.Values[s*n:(s+1)*n]...)
		}
		c.Inputs = append(c.Inputs, one)
	}
	g, err := modeltest.Record(c)
	if err != nil {
		t.Fatal(err)
	}
	got, err := modeltest.Run(t, b, g, c.Inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func TestBytesDependOnTheSampleAlone(t *testing.T) {
	params, err := modeltest.Params(modeltest.Networks[graph.Value]("", model.Tiny(), 3)[1])
	if err != nil {
		t.Fatal(err)
	}
	var want []float32
	for _, threads := range []int{1, 2, 3} {
		b, err := open(t, threads)(params)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if want == nil {
			want = unet(t, b, 0, 1, 2)
		}
		n := len(want) / 3
		for _, batch := range [][]int{{0}, {1}, {2}, {2, 0}, {1, 2, 0, 0, 1}} {
			got := unet(t, b, batch...)
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
	return compiled(t, r, source)
}

func compiled(t *testing.T, r *graph.Recorder, source graph.Source) (graph.Program, error) {
	t.Helper()
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t, 1)(source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
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
		err := p.Run(t.Context(), graph.PromptStage)
		refused(fmt.Sprint("id ", id), err)
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("id %g is not one of a table of 4 rows", id)) {
			t.Errorf("id %g: got error %v", id, err)
		}
	}
	if err := p.Write("ids", []float32{0, 3}); err != nil {
		t.Fatal(err)
	}
	if err := p.Run(t.Context(), graph.PromptStage); err != nil {
		t.Errorf("after a failure: %v", err)
	}
	if _, err := small(t, modeltest.Random{}); err == nil {
		t.Error("a source without the parameter was accepted")
	}
	_, err = small(t, modeltest.Random{"table": {3, 3}})
	refused("a parameter too short", err)
	for _, threads := range []int{-1, 1 << 20} {
		if _, err := simd.New(t.Context(), modeltest.Random{}, simd.Options{Threads: threads}); err == nil {
			t.Errorf("%d threads were accepted", threads)
		}
	}
}

func TestOneThreadWhereNoneCanBeStarted(t *testing.T) {
	for _, url := range []string{"", "no such script"} {
		b, err := simd.New(t.Context(), modeltest.Random{}, simd.Options{Threads: 3, WorkerURL: url})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if b.Name() != "wasm (1 thread, simd128)" {
			t.Errorf("script %q: there is %s", url, b.Name())
		}
	}
}

func TestOutOfMemory(t *testing.T) {
	r := graph.NewRecorder()
	x := r.Input("x", graph.PerLatent, 1<<10, 1<<20)
	r.Output("out", r.SiLU(x))
	if _, err := compiled(t, r, modeltest.Random{}); !errors.Is(err, simd.ErrMemory) {
		t.Errorf("8 GiB: got error %v", err)
	}
}

// long is a program of some seconds.
func long(t *testing.T) graph.Program {
	r := graph.NewRecorder()
	x := r.Input("x", graph.PerLatent, 1, 256, 128, 128)
	for range 8 {
		x = r.Conv2d(x, r.Param("w.weight", 256, 256, 3, 3), r.Param("b.bias", 256), 1, 1)
	}
	r.Output("out", x)
	p, err := compiled(t, r, modeltest.Random{"w.weight": {256, 256, 3, 3}, "b.bias": {256}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCancel cancels from an event of JavaScript, which must be handled while
// a stage runs.
func TestCancel(t *testing.T) {
	p := long(t)
	ctx, cancel := context.WithCancel(t.Context())
	event := js.FuncOf(func(js.Value, []js.Value) any {
		cancel()
		return nil
	})
	defer event.Release()
	js.Global().Call("setTimeout", event, 1)
	if err := p.Run(ctx, graph.LatentStage); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	if err := p.Run(ctx, graph.LatentStage); !errors.Is(err, context.Canceled) {
		t.Errorf("run when it was cancelled: got error %v", err)
	}
}

// TestProgramsTakeTurns runs two programs at a time, of which one is compiled
// while the other is between two calls into the module.
func TestProgramsTakeTurns(t *testing.T) {
	params, err := modeltest.Params(modeltest.Networks[graph.Value]("", model.Tiny(), 3)[1])
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t, 2)(params)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := unet(t, b, 0, 1)
	done := make(chan []float32)
	for range 3 {
		go func() { done <- unet(t, b, 0, 1) }()
	}
	for range 3 {
		if got := <-done; !slices.Equal(got, want) {
			t.Error("programs that run at one time disturb each other")
		}
	}
}

// TestMemoryIsGivenBack compiles and closes programs: the memory of the module
// does not grow.
func TestMemoryIsGivenBack(t *testing.T) {
	params, err := modeltest.Params(modeltest.Networks[graph.Value]("", model.Tiny(), 3)[1])
	if err != nil {
		t.Fatal(err)
	}
	b, err := simd.New(t.Context(), params, simd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	unet(t, b, 0, 1, 2, 0, 1, 2)
	before := b.Memory()
	for i := range 20 {
		unet(t, b, make([]int, i%6+1)...)
	}
	if after := b.Memory(); after != before {
		t.Errorf("%d bytes became %d", before, after)
	}
}
