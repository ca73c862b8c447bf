//go:build js

package simd_test

import (
	"fmt"
	"testing"

	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/model/modeltest"
)

func presets() map[string]model.Config {
	return map[string]model.Config{"mini": model.Mini(), "paper": model.Paper()}
}

func BenchmarkUNet(b *testing.B) {
	for name, c := range presets() {
		for _, batch := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/batch%d", name, batch), func(b *testing.B) {
				modeltest.Benchmark(b, open(b, 1), modeltest.Networks[graph.Value]("", c, batch)[0])
			})
		}
	}
}

func BenchmarkDecoder(b *testing.B) {
	for name, c := range presets() {
		b.Run(name, func(b *testing.B) { modeltest.Benchmark(b, open(b, 1), modeltest.Networks[graph.Value]("", c, 1)[3]) })
	}
}
