package gpu_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/gpu"
	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model/modeltest"
)

// TestCasesOfTilings runs every operation and network in every tiling.
func TestCasesOfTilings(t *testing.T) {
	open(t)
	for _, tiling := range []gpu.Tiling{gpu.Registers, gpu.RegistersSplit, gpu.Shared, gpu.SharedSplit} {
		t.Run(string(tiling), func(t *testing.T) {
			tilings := gpu.Tilings{}
			for class := range gpu.Default(gpu.Info{}) {
				tilings[class] = tiling
			}
			modeltest.RunBackend(t, func(s graph.Source) (graph.Backend, error) {
				d, err := gpu.Open(t.Context())
				if err != nil {
					return nil, err
				}
				return gpu.New(d, s, tilings), nil
			})
		})
	}
}
