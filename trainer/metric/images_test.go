package metric_test

import (
	"math"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

func TestClamp(t *testing.T) {
	x := []float32{-2, -1, 0.5, 3}
	if err := metric.Clamp(x); err != nil || !slices.Equal(x, []float32{-1, -1, 0.5, 1}) {
		t.Errorf("%v, %v", x, err)
	}
	if err := metric.Clamp([]float32{0, float32(math.NaN())}); err == nil {
		t.Error("not a number is no error")
	}
}

func TestShrink(t *testing.T) {
	x := []float32{
		1, 3, 5, 5,
		1, 3, 5, 9,
		0, 0, -1, -1,
		0, 4, -1, -1,
	}
	for side, want := range map[int][]float32{4: x, 2: {2, 6, 1, -1}, 1: {2}} {
		if got := metric.Shrink(x, 4, side); !slices.Equal(got, want) {
			t.Errorf("to %d: %v, want %v", side, got, want)
		}
	}
}

func TestMeanAndDifference(t *testing.T) {
	mean := metric.Mean([][]float32{{1, 2}, {3, 6}})
	if !slices.Equal(mean, []float32{2, 4}) {
		t.Errorf("mean %v", mean)
	}
	if d := metric.Difference(mean, []float32{1, 5}); !slices.Equal(d, []float32{1, -1}) {
		t.Errorf("difference %v", d)
	}
	if metric.Mean(nil) != nil || metric.Difference(mean, nil) != nil {
		t.Error("of nothing there is something")
	}
}
