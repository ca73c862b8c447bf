//go:build js

package simd_test

import (
	"context"
	"errors"
	"fmt"
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

func open(t testing.TB, threads int) modeltest.Open {
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

func TestConformance(t *testing.T) {
	for _, threads := range []int{1, 2} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) { modeltest.Conform(t, open(t, threads)) })
	}
}

// TestThreads checks that the number of threads does not change a byte.
func TestThreads(t *testing.T) {
	modeltest.SameSamples(t, open(t, 1), open(t, 2), open(t, 3))
	for _, threads := range []int{-1, 1 << 20} {
		if _, err := simd.New(t.Context(), modeltest.Random{}, simd.Options{Threads: threads}); err == nil {
			t.Errorf("%d threads were accepted", threads)
		}
	}
}

func compiled(t *testing.T, r *graph.Recorder, source graph.Source) (graph.Program, error) {
	t.Helper()
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return modeltest.Compile(t, open(t, 1), g, source)
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
	b, err := open(t, 2)(modeltest.SampleParams(t))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	want := modeltest.Samples(t, b, 0, 1)
	done := make(chan []float32)
	for range 3 {
		go func() { done <- modeltest.Samples(t, b, 0, 1) }()
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
	b, err := simd.New(t.Context(), modeltest.SampleParams(t), simd.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	modeltest.Samples(t, b, 0, 1, 2, 0, 1, 2)
	before := b.Memory()
	for i := range 20 {
		modeltest.Samples(t, b, make([]int, i%6+1)...)
	}
	if after := b.Memory(); after != before {
		t.Errorf("%d bytes became %d", before, after)
	}
}
