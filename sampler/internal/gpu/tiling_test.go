package gpu_test

import (
	"slices"
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

// TestCasesOfTilings runs every operation and network in every tiling.
func TestCasesOfTilings(t *testing.T) {
	open(t)
	for _, tiling := range tilings {
		t.Run(string(tiling), func(t *testing.T) {
			modeltest.RunBackend(t, func(s graph.Source) (graph.Backend, error) {
				d, err := gpu.Open(t.Context())
				if err != nil {
					return nil, err
				}
				return gpu.New(d, s, all(tiling)), nil
			})
		})
	}
}

// TestTilingsKeepImagesApart computes the same image alone and beside others:
// it has the same bytes in every tiling.
func TestTilingsKeepImagesApart(t *testing.T) {
	result := func(tiling gpu.Tiling, batch int) []float32 {
		r := graph.NewRecorder()
		x := r.Input("x", graph.PerLatent, batch, 48, 8, 8)
		x = r.Conv2d(x, r.Param("w.weight", 96, 48, 3, 3), r.Param("w.bias", 96), 1, 1)
		x = r.Conv2d(x, r.Param("v.weight", 8, 96, 1, 1), r.Param("v.bias", 8), 1, 0)
		r.Output("out", x)
		g, err := r.Graph()
		if err != nil {
			t.Fatal(err)
		}
		d, err := gpu.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b := gpu.New(d, modeltest.RandomFor(g.Params()), all(tiling))
		defer b.Close()
		in := modeltest.Normal("x", 3, 48, 8, 8)
		in.Values = in.Values[:batch*48*8*8]
		out, err := modeltest.Run(t, b, g, []modeltest.Input{in}, 1)
		if err != nil {
			t.Fatal(err)
		}
		return out[0][:8*8*8]
	}
	open(t)
	for _, tiling := range tilings {
		if !slices.Equal(result(tiling, 1), result(tiling, 3)) {
			t.Errorf("%s: an image beside two others differs", tiling)
		}
	}
}
