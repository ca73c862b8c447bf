//go:build libtorch

package train

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/roentgo/roentgo/trainer/libtorch"
)

// PrecisionAuto asks for the precision that [FasterPrecision] measures.
const PrecisionAuto = "auto"

// precisionSteps are those that FasterPrecision measures of each precision.
const precisionSteps = 3

// worthwhile is the part of a float32 step's time that a step in less precision
// must stay below, to be worth what it loses.
const worthwhile = 0.95

// emulated is how many times as long as in float32 a convolution in bfloat16 takes
// at least where it is emulated so slowly that no training is faster in it.
const emulated = 4

// convolutionTime is the shortest time of a few convolutions of 64 channels.
func convolutionTime(p libtorch.Precision) (time.Duration, error) {
	const channels, side, tries = 64, 32, 3
	params := libtorch.NewParams()
	defer params.Free()
	least := time.Duration(math.MaxInt64)
	err := libtorch.Try(func() {
		ops := libtorch.NewOps(params)
		defer ops.Free()
		x := ops.Tensor(make([]float32, channels*side*side), 1, channels, side, side)
		w := ops.Tensor(make([]float32, channels*channels*3*3), channels, channels, 3, 3)
		b := ops.Tensor(make([]float32, channels), channels)
		libtorch.Autocast(p, func() {
			for range tries {
				began := time.Now()
				ops.Conv2d(x, w, b, 1, 1)
				least = min(least, time.Since(began))
			}
		})
	})
	return least, err
}

// settle replaces the precision "auto" by the one that is faster for the steps
// of bench, with the batch of c unless bench has its own.
func (c *Common) settle(ctx context.Context, bench BenchOptions, progress io.Writer) (err error) {
	if c.Precision != PrecisionAuto {
		return nil
	}
	batch := cmp.Or(bench.Batch, c.Batch)
	bench.Common = *c
	bench.Batch, bench.Accumulate = batch, 1
	c.Precision, err = FasterPrecision(ctx, bench, progress)
	return err
}

// FasterPrecision takes a few steps of o on random values in float32 and in
// bfloat16, prints the median time of both and returns the precision to train
// in: "bf16" where it saves at least a twentieth of the time, else "f32".
// Processors without bfloat16 arithmetic emulate it or cannot compute in it at
// all: these train in float32, and where one convolution shows it, no step is
// measured, as one of a large network takes minutes.
func FasterPrecision(ctx context.Context, o BenchOptions, progress io.Writer) (string, error) {
	if !libtorch.HasBF16() {
		fmt.Fprintln(progress, "precision: this processor does not compute in bfloat16: training in f32")
		return string(libtorch.F32), nil
	}
	if !libtorch.OnCUDA() {
		f32, err := convolutionTime(libtorch.F32)
		if err != nil {
			return "", err
		}
		bf16, err := convolutionTime(libtorch.BF16)
		if err != nil {
			return "", err
		}
		if bf16 > emulated*f32 {
			fmt.Fprintf(progress, "precision: this processor emulates bfloat16 (a convolution takes %.1f ms in f32 and %.1f ms in bf16): training in f32\n", f32.Seconds()*1e3, bf16.Seconds()*1e3)
			return string(libtorch.F32), nil
		}
	}
	median := map[libtorch.Precision]float64{}
	for _, p := range []libtorch.Precision{libtorch.F32, libtorch.BF16} {
		o.Precision, o.Steps = string(p), precisionSteps
		result, err := Bench(ctx, o)
		if err != nil {
			return "", err
		}
		slices.Sort(result.Milliseconds)
		median[p] = result.Milliseconds[len(result.Milliseconds)/2]
	}
	chosen := libtorch.F32
	if median[libtorch.BF16] < worthwhile*median[libtorch.F32] {
		chosen = libtorch.BF16
	}
	fmt.Fprintf(progress, "precision: a step takes %.0f ms in f32 and %.0f ms in bf16: training in %s\n", median[libtorch.F32], median[libtorch.BF16], chosen)
	return string(chosen), nil
}
