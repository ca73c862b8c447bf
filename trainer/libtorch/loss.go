//go:build libtorch

package libtorch

import (
	lib "github.com/sugarme/gotch/libtch"
)

// The operations here are not part of model.Ops. Losses need them.

// Float converts to float32, in which losses are computed under autocast.
func (o *Ops) Float(x Tensor) Tensor {
	return o.call("to float", func(out *lib.Ctensor) { lib.AtgTotype(out, x.c, kindFloat) })
}

// Scale is x·factor.
func (o *Ops) Scale(x Tensor, factor float64) Tensor {
	f := lib.AtsFloat(factor)
	defer lib.AtsFree(f)
	return o.call("scale", func(out *lib.Ctensor) { lib.AtgMulScalar(out, x.c, f) })
}

// Shift is x + offset.
func (o *Ops) Shift(x Tensor, offset float64) Tensor {
	f := lib.AtsFloat(offset)
	defer lib.AtsFree(f)
	return o.call("shift", func(out *lib.Ctensor) { lib.AtgAddScalar(out, x.c, f) })
}

// Clamp limits values to [lo, hi]; the gradient is zero outside.
func (o *Ops) Clamp(x Tensor, lo, hi float64) Tensor {
	a, b := lib.AtsFloat(lo), lib.AtsFloat(hi)
	defer lib.AtsFree(a)
	defer lib.AtsFree(b)
	return o.call("clamp", func(out *lib.Ctensor) { lib.AtgClamp(out, x.c, a, b) })
}

// Sub is x − y, with y's dimensions as in Add.
func (o *Ops) Sub(x, y Tensor) Tensor {
	return o.call("sub", func(out *lib.Ctensor) { lib.AtgSub(out, x.c, y.c) })
}

// Div is x / y.
func (o *Ops) Div(x, y Tensor) Tensor {
	return o.call("div", func(out *lib.Ctensor) { lib.AtgDiv(out, x.c, y.c) })
}

// Exp is the exponential.
func (o *Ops) Exp(x Tensor) Tensor {
	return o.call("exp", func(out *lib.Ctensor) { lib.AtgExp(out, x.c) })
}

// Abs is the absolute value.
func (o *Ops) Abs(x Tensor) Tensor {
	return o.call("abs", func(out *lib.Ctensor) { lib.AtgAbs(out, x.c) })
}

// Mean is the mean of all values: a tensor of one value.
func (o *Ops) Mean(x Tensor) Tensor {
	return o.call("mean", func(out *lib.Ctensor) { lib.AtgMean(out, x.c, kindFloat) })
}

// Channels is the part [from, from+n) of the channel axis.
func (o *Ops) Channels(x Tensor, from, n int) Tensor {
	return o.call("channels", func(out *lib.Ctensor) { lib.AtgNarrow(out, x.c, 1, int64(from), int64(n)) })
}

// Select gathers rows of the first axis. index has one index per row.
func (o *Ops) Select(x Tensor, index []float32) Tensor {
	i := o.Tensor(index, len(index))
	whole := o.call("index", func(out *lib.Ctensor) { lib.AtgTotype(out, i.c, kindInt64) })
	return o.call("select", func(out *lib.Ctensor) { lib.AtgIndexSelect(out, x.c, 0, whole.c) })
}

// LogSoftmax is the logarithm of the softmax over the last axis.
func (o *Ops) LogSoftmax(x Tensor) Tensor {
	return o.call("log softmax", func(out *lib.Ctensor) { lib.AtgLogSoftmax(out, x.c, -1, kindFloat) })
}

// BinaryCrossEntropy is the weighted mean of the cross-entropy of scores (B, K),
// before a sigmoid, against targets of 0 or 1: a tensor of one value.
func (o *Ops) BinaryCrossEntropy(scores Tensor, target, weight []float32) Tensor {
	s := scores.Shape()
	t, w := o.Tensor(target, s...), o.Tensor(weight, s...)
	const mean = 1
	return o.call("binary cross-entropy", func(out *lib.Ctensor) {
		lib.AtgBinaryCrossEntropyWithLogits(out, scores.c, t.c, w.c, o.none(), mean)
	})
}

// SSIMWindow is the side of the square window of [Ops.SSIM].
const SSIMWindow = 7

// SSIM is the mean structural similarity (Wang et al. 2004) of images
// (B, 1, H, W) in [-1, 1], in uniform windows, C1 = (0.01·2)², C2 = (0.03·2)²:
// a tensor of one value, at most 1. It is for training; report the figure of
// package metric.
func (o *Ops) SSIM(x, y Tensor) Tensor {
	const c1, c2 = 0.02 * 0.02, 0.06 * 0.06
	pool := func(t Tensor) Tensor { return o.avgPool(t, SSIMWindow, 1) }
	mx, my := pool(x), pool(y)
	mxx, myy, mxy := o.Mul(mx, mx), o.Mul(my, my), o.Mul(mx, my)
	vx, vy := o.Sub(pool(o.Mul(x, x)), mxx), o.Sub(pool(o.Mul(y, y)), myy)
	cov := o.Sub(pool(o.Mul(x, y)), mxy)
	num := o.Mul(o.Shift(o.Scale(mxy, 2), c1), o.Shift(o.Scale(cov, 2), c2))
	den := o.Mul(o.Shift(o.Add(mxx, myy), c1), o.Shift(o.Add(vx, vy), c2))
	return o.Mean(o.Div(num, den))
}
