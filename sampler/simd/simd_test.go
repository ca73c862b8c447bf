//go:build js

package simd_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model/modeltest"
	"github.com/roentgo/roentgo/sampler/simd"
)

func open(t testing.TB, threads int) func(graph.Source) (graph.Backend, error) {
	return func(s graph.Source) (graph.Backend, error) {
		return simd.New(t.Context(), s, simd.Options{Threads: threads})
	}
}

func TestCases(t *testing.T) {
	modeltest.RunBackend(t, open(t, 1))
}
