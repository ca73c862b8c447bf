package metric_test

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/internal/metric"
)

func TestDistanceAndSpread(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name             string
		a, b             []float32
		distance, spread float64
	}{
		{"equal", []float32{1, -2, 3}, []float32{1, -2, 3}, 0, 0},
		{"opposite", []float32{3, 4}, []float32{-3, -4}, 2 * 5 / math.Sqrt2, 2},
		{"at right angles", []float32{1, 0}, []float32{0, 1}, 1, math.Sqrt2},
		{"one is zero", []float32{0, 0}, []float32{3, 4}, 5 / math.Sqrt2, 2},
		{"both are zero", []float32{0, 0}, []float32{0, 0}, 0, 0},
		{"not a number", []float32{nan, 0}, []float32{0, 0}, math.NaN(), math.NaN()},
	} {
		for what, pair := range map[string][2]float64{"distance": {metric.Distance(c.a, c.b), c.distance}, "spread": {metric.Spread(c.a, c.b), c.spread}} {
			if got, want := pair[0], pair[1]; math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
				t.Errorf("%s: %s %g, want %g", c.name, what, got, want)
			}
		}
	}
}
