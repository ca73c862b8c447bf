package train

import "github.com/roentgo/roentgo/sampler/model"

const (
	// detailLevels are the octaves of the highest frequencies: two reach down to a
	// quarter of Nyquist.
	detailLevels = 2
	// detailHalvings make the windows of the strength of detail, 8 values a side.
	detailHalvings = 3
)

// pyramidOps are what a detail error is computed with.
type pyramidOps[T any] interface {
	model.Ops[T]
	Sub(x, y T) T
	Abs(x T) T
	Mean(x T) T
}

// detailError is the difference between the strength of the fine detail of
// images y and x (B, 1, H, W), H and W multiples of 16: in each octave of their
// Laplacian pyramids (Burt and Adelson 1983), the mean absolute difference of
// the mean magnitudes of windows of 8 × 8 values.
func detailError[T any](ops pyramidOps[T], y, x T) T {
	var sum T
	for level := range detailLevels {
		coarseY, coarseX := ops.AvgPool2(y), ops.AvgPool2(x)
		off := ops.Mean(ops.Abs(ops.Sub(strength(ops, y, coarseY), strength(ops, x, coarseX))))
		if level == 0 {
			sum = off
		} else {
			sum = ops.Add(sum, off)
		}
		y, x = coarseY, coarseX
	}
	return sum
}

// strength is the mean magnitude, in each window, of what x has and its coarser
// version lacks.
func strength[T any](ops pyramidOps[T], x, coarse T) T {
	s := ops.Abs(ops.Sub(x, ops.Upsample2(coarse)))
	for range detailHalvings {
		s = ops.AvgPool2(s)
	}
	return s
}
