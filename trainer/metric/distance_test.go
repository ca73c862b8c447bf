package metric

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/internal/noise"
)

// noisy makes n noisy images of which each has shift added to its first half.
func noisy(n int, seed uint64, shift float32) [][]float32 {
	var list [][]float32
	for i := range n {
		x := make([]float32, 256)
		noise.Latent(x, seed+uint64(i), 0, noise.StreamInitial)
		for p := range 128 {
			x[p] += shift
		}
		list = append(list, x)
	}
	return list
}

func TestMeanDistance(t *testing.T) {
	if d := MeanDistance(noisy(16, 0, 5)); math.Abs(d-math.Sqrt2) > 0.05 {
		t.Errorf("independent noise lies %.3f apart, not √2", d)
	}
	same := noisy(1, 0, 0)
	if d := MeanDistance([][]float32{same[0], same[0]}); d != 0 {
		t.Errorf("an image lies %g from itself", d)
	}
}
