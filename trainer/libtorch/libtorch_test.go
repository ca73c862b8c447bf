//go:build libtorch

package libtorch_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

func TestMain(m *testing.M) {
	if err := libtorch.Start(2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// onThread keeps a test on one thread, where libtorch keeps its state.
func onThread(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

func TestCases(t *testing.T) {
	modeltest.Check(t, func(t *testing.T, c modeltest.Case[libtorch.Tensor], source graph.Source) []float32 {
		onThread(t)
		params := libtorch.NewParams()
		defer params.Free()
		for name, shape := range source.(modeltest.Random) {
			params.Add(name, shape, modeltest.Values(name, shape...), false)
		}
		ops := libtorch.NewOps(params)
		defer ops.Free()
		var got []float32
		if err := libtorch.Try(func() {
			var in []libtorch.Tensor
			for _, i := range c.Inputs {
				in = append(in, ops.Tensor(i.Values, i.Shape...))
			}
			got = c.Build(ops, in).Values()
		}); err != nil {
			t.Fatal(err)
		}
		return got
	})
}

// TestGradient compares the gradient of a small network with differences of
// its value, by way of what AdamW's first step does: it moves each weight
// against the sign of its gradient by the learning rate.
func TestGradient(t *testing.T) {
	onThread(t)
	shape := []int{4, 3, 3, 3}
	start := modeltest.Values("w.weight", shape...)
	x := modeltest.Normal("x", 2, 3, 5, 5)
	value := func(w []float32) float64 {
		params := libtorch.NewParams()
		defer params.Free()
		params.Add("w", shape, w, false)
		params.Add("b", []int{4}, make([]float32, 4), false)
		ops := libtorch.NewOps(params)
		defer ops.Free()
		y := ops.SiLU(ops.Conv2d(ops.Tensor(x.Values, x.Shape...), ops.Param("w", shape...), ops.Param("b", 4), 1, 1))
		return ops.Mean(ops.Mul(y, y)).Value()
	}
	params := libtorch.NewParams()
	defer params.Free()
	w := params.Add("w", shape, start, true)
	params.Add("b", []int{4}, make([]float32, 4), false)
	adamw := libtorch.NewAdamW(params.Trainable(), 0.9, 0.999, 1e-12, 0)
	ops := libtorch.NewOps(params)
	y := ops.SiLU(ops.Conv2d(ops.Tensor(x.Values, x.Shape...), ops.Param("w", shape...), ops.Param("b", 4), 1, 1))
	ops.Backward(ops.Mean(ops.Mul(y, y)))
	ops.Free()
	const rate = 1e-3
	if _, ok := adamw.Step(rate, 0, 1); !ok {
		t.Fatal("the step was skipped")
	}
	moved := w.Values()
	for i := range start {
		const h = 1e-2
		up, down := append([]float32(nil), start...), append([]float32(nil), start...)
		up[i] += h
		down[i] -= h
		slope := (value(up) - value(down)) / (2 * h)
		if step := float64(moved[i] - start[i]); slope*step > 0 || slope != 0 && (step > 1.01*rate || step < -1.01*rate) {
			t.Errorf("weight %d moved by %g where the slope is %g", i, step, slope)
		}
	}
}

func TestErrorsSurface(t *testing.T) {
	onThread(t)
	params := libtorch.NewParams()
	defer params.Free()
	params.Add("w", []int{2, 3}, make([]float32, 6), false)
	ops := libtorch.NewOps(params)
	defer ops.Free()
	for name, c := range map[string]struct {
		f    func()
		says string
	}{
		"a product that does not fit": {func() { ops.Linear(ops.Tensor(make([]float32, 4), 1, 4), ops.Param("w", 2, 3)) }, "linear"},
		"a parameter that is missing": {func() { ops.Param("v", 1) }, `"v"`},
		"a parameter of another size": {func() { ops.Param("w", 3, 2) }, "[3 2]"},
		"too few values":              {func() { ops.Tensor(make([]float32, 3), 2, 2) }, "[2 2]"},
		"a parameter twice":           {func() { params.Add("w", []int{1}, []float32{1}, false) }, "twice"},
	} {
		err := libtorch.Try(c.f)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := libtorch.Try(func() { ops.Add(ops.Tensor(make([]float32, 2), 2), ops.Tensor(make([]float32, 3), 3)) }); !errors.Is(err, libtorch.ErrLibtorch) {
		t.Errorf("got %v", err)
	}
}
