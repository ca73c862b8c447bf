package metric_test

import (
	"math"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

func TestNearest(t *testing.T) {
	// Points of 40 values, so that the distance is summed in several blocks.
	point := func(x, y float64) []float64 {
		p := make([]float64, 40)
		p[0], p[39] = x, y
		return p
	}
	distances, index := metric.Nearest([][]float64{point(0, 0), point(10, 0)}, [][]float64{point(3, 4), point(10, 1), point(0, -6)})
	if !slices.Equal(index, []int{0, 1}) || math.Abs(distances[0]-5) > 1e-12 || math.Abs(distances[1]-1) > 1e-12 {
		t.Errorf("%v, %v; want 5 from the first, 1 from the second", distances, index)
	}
}

func TestThumbnail(t *testing.T) {
	small := metric.Thumbnail([]float32{
		0, 0, 2, 2,
		0, 0, 2, 2,
		2, 2, 0, 0,
		2, 2, 0, 0,
	}, 4, 2)
	if want := []float64{-1, 1, 1, -1}; !slices.Equal(small, want) { // of mean 1 and deviation 1
		t.Errorf("%v, want %v", small, want)
	}
}

func TestBelowPercentile(t *testing.T) {
	var reference []float64
	for i := range 200 {
		reference = append(reference, float64(200-i))
	}
	if got := metric.Percentile(reference, 0.5); got != 101 {
		t.Errorf("the middle of 1 to 200 is %g, want 101", got)
	}
	// 3 is the third smallest of 200: one in a hundred lies below.
	if got := metric.BelowPercentile([]float64{1, 2.5, 3, 100}, reference, 0.01); got != 0.5 {
		t.Errorf("%g, want 0.5", got)
	}
}
