//go:build !js

package main_test

import (
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// TestExecutors runs the conformance suite on the executors of the browser, in
// the browser: the one that the executors of this machine pass.
func TestExecutors(t *testing.T) {
	for pkg, cases := range map[string]string{"gpu": "TestConformance/^(registers|shared)$", "simd": "TestConformance"} {
		t.Run(pkg, func(t *testing.T) {
			output, passed := browsertest.GoTest(t, browsertest.Shared(t), "github.com/roentgo/roentgo/sampler/internal/"+pkg, "-test.run=^"+cases, "-test.v")
			if n := strings.Count(output, "--- PASS: TestConformance"); n < 20 || !passed {
				t.Errorf("%d cases passed, and %v in all:\n%s", n, passed, output)
			}
		})
	}
}
