package noise_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// TestOtherArchitectures runs this package's other tests as WebAssembly and for
// arm64: the same golden bits.
func TestOtherArchitectures(t *testing.T) {
	need.OtherArchitectures(t, "Philox|Golden|Log|Permutation", "TestGoldenFile")
}
