//go:build js

package simd_test

import (
	"fmt"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/model"
)

func BenchmarkUNet(b *testing.B) {
	for _, preset := range []string{"mini", "paper"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/batch2/threads%d", preset, threads), func(b *testing.B) { benchmark(b, preset, 2, threads, modeltest.UNet) })
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	for _, preset := range []string{"mini", "paper"} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads%d", preset, threads), func(b *testing.B) { benchmark(b, preset, 1, threads, modeltest.Decoder) })
		}
	}
}

// benchmark times a network of that name of modeltest.Networks.
func benchmark(b *testing.B, preset string, batch, threads int, network string) {
	c, err := model.Preset(preset)
	if err != nil {
		b.Fatal(err)
	}
	modeltest.Benchmark(b, open(b, threads), modeltest.Network[graph.Value](network, c, batch))
}
