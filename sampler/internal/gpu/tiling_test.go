package gpu_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
)

var tilings = []gpu.Tiling{gpu.Registers, gpu.RegistersSplit, gpu.Shared, gpu.SharedSplit}

// all gives every class of work one tiling.
func all(tiling gpu.Tiling) gpu.Tilings {
	t := gpu.Tilings{}
	for class := range gpu.Default(gpu.Info{}) {
		t[class] = tiling
	}
	return t
}

// TestConformance runs the suite in every tiling.
func TestConformance(t *testing.T) {
	open(t)
	for _, tiling := range tilings {
		t.Run(string(tiling), func(t *testing.T) {
			modeltest.Conform(t, func(s graph.Source) (graph.Backend, error) {
				d, err := gpu.Open(t.Context())
				if err != nil {
					return nil, err
				}
				return gpu.New(d, s, all(tiling)), nil
			})
		})
	}
}
