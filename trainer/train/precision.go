//go:build libtorch

package train

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/roentgo/roentgo/trainer/libtorch"
)

// PrecisionAuto asks for the precision that [FasterPrecision] measures.
const PrecisionAuto = "auto"

// precisionSteps are those that FasterPrecision measures of each precision.
const precisionSteps = 3

// worthwhile is the part of a float32 step's time that a step in less precision
// must stay below, to be worth what it loses.
const worthwhile = 0.95

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
// Some processors without bfloat16 arithmetic emulate it, and are slower with
// it; others cannot compute in it at all, and train in float32.
func FasterPrecision(ctx context.Context, o BenchOptions, progress io.Writer) (string, error) {
	if !libtorch.HasBF16() {
		fmt.Fprintln(progress, "precision: this processor does not compute in bfloat16: training in f32")
		return string(libtorch.F32), nil
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
