//go:build !js

package main_test

import (
	"flag"
	"testing"

	"github.com/roentgo/roentgo/wasm/browsertest"
)

var benchFlag = flag.String("browser-bench", "", "run the benchmarks of this name of sampler/gpu in the browser")

// TestBenchmarks runs benchmarks of the GPU executor in the browser.
func TestBenchmarks(t *testing.T) {
	if *benchFlag == "" {
		t.Skip("no -browser-bench")
	}
	output, _ := browsertest.GoTest(t, browsertest.Open(t), "github.com/roentgo/roentgo/sampler/gpu", "-test.run=NONE", "-test.bench="+*benchFlag, "-test.benchtime=3x")
	t.Log(output)
}
