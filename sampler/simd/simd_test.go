//go:build js

package simd_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall/js"
	"testing"

	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model/modeltest"
	"github.com/roentgo/roentgo/sampler/simd"
)

const worker = "../threads.js" // from testdata

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
