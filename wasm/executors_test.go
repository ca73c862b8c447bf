//go:build !js

package main_test

import (
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/browsertest"
)

// TestExecutors runs every operation and network on the executors of the
// browser, in the browser: the same cases that those of this machine pass.
func TestExecutors(t *testing.T) {
	for pkg, cases := range map[string]string{"gpu": "TestCasesOfTilings/^(registers|shared)$", "simd": "TestCases"} {
		t.Run(pkg, func(t *testing.T) {
			output, passed := browsertest.GoTest(t, browsertest.Shared(t), "github.com/roentgo/roentgo/sampler/internal/"+pkg, "-test.run=^"+cases, "-test.v")
			if n := strings.Count(output, "--- PASS: TestCases"); n < 20 || !passed {
				t.Errorf("%d cases passed, and %v in all:\n%s", n, passed, output)
			}
		})
	}
}
