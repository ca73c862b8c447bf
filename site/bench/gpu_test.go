//go:build !js

package bench_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// BenchmarkGPU runs the benchmarks of the GPU executor in the browser, by
// WebGPU: a step of the small network at batch 2, and its decoder. Their own
// lines, which it logs, are the figures.
func BenchmarkGPU(b *testing.B) {
	for b.Loop() {
		output, passed := browsertest.GoTest(b, browsertest.Open(b), "github.com/roentgo/roentgo/sampler/internal/gpu", "-test.run=^$", "-test.bench=UNet/mini/batch2|Decoder", "-test.benchtime=5x")
		if !passed {
			b.Fatal(output)
		}
		b.Log(output)
	}
}
