//go:build libtorch

package train

import (
	"strconv"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

// adversary is a patch discriminator (Isola et al. 2017) that the autoencoder
// is trained against: it scores each patch as image or reconstruction.
type adversary struct {
	params *libtorch.Params
	adamw  *libtorch.AdamW
	ops    *libtorch.Ops
	seen   []pair // of this step
}

// pair is a batch of images and of their reconstructions, (B, 1, H, W).
type pair struct {
	real, made  []float32
	batch, side int
}

// adversaryChannels are those of its convolutions, each of which halves the
// image.
var adversaryChannels = []int{32, 64, 128}

// critic gives each patch of x (B, 1, H, W) a score, high for images. Its
// features are the values after each normalisation.
func critic[T any](ops model.Ops[T], x T) (scores T, features []T) {
	in := 1
	for i, c := range adversaryChannels {
		name := "adversary." + strconv.Itoa(i)
		x = ops.Conv2d(x, ops.Param(name+".weight", c, in, 4, 4), ops.Param(name+".bias", c), 2, 1)
		if i > 0 {
			x = ops.GroupNorm(x, ops.Param(name+".norm.weight", c), ops.Param(name+".norm.bias", c), 32, 1e-5)
		}
		if i > 0 {
			features = append(features, x)
		}
		x, in = ops.SiLU(x), c
	}
	return ops.Conv2d(x, ops.Param("adversary.out.weight", 1, in, 3, 3), ops.Param("adversary.out.bias", 1), 1, 1), features
}

func newAdversary(size int, seed uint64, weightDecay float64) (*adversary, error) {
	r := graph.NewRecorder()
	scores, _ := critic(r, r.Input("image", graph.PerLatent, 1, 1, size, size))
	r.Output("scores", scores)
	list, err := specs(r)
	if err != nil {
		return nil, err
	}
	a := &adversary{}
	if e := libtorch.Try(func() { a.params, _, err = newParams(list, nil, seed, true) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	return a, libtorch.Try(func() {
		a.adamw = libtorch.NewAdamW(a.params.Trainable(), 0.5, 0.9, 1e-8, weightDecay)
		a.ops = libtorch.NewOps(a.params)
	})
}

// against is what the autoencoder descends: that its images score low, and,
// matching times, how far their features are from those of the images they were
// made of (Wang et al. 2018, arXiv 1711.11585, equation 4).
func (a *adversary) against(ops *libtorch.Ops, made, real libtorch.Tensor, matching float64) libtorch.Tensor {
	scores, features := critic(a.ops, made)
	loss := ops.Scale(ops.Mean(ops.Float(scores)), -1)
	if matching > 0 {
		_, originals := critic(a.ops, real)
		for i, f := range features {
			loss = ops.Add(loss, ops.Scale(ops.Mean(ops.Abs(ops.Sub(ops.Float(f), ops.Float(originals[i])))), matching))
		}
	}
	return loss
}

// restBelow is the hinge loss below which the discriminator takes no step: 1 is
// that of one that distinguishes nothing, 0 that of one that always wins. One
// that always wins gives the decoder no direction any more.
const restBelow = 0.5

// learn takes a step of the discriminator by the hinge loss (Lim and Ye 2017)
// on what the autoencoder's step saw, and returns that loss.
func (a *adversary) learn(rate, clip float64, p libtorch.Precision) float64 {
	a.adamw.ZeroGrad() // of the autoencoder's pass through it
	a.ops.Free()
	var sum float64
	for _, s := range a.seen {
		shape := []int{s.batch, 1, s.side, s.side}
		var loss libtorch.Tensor
		libtorch.Autocast(p, func() {
			hinge := func(values []float32, sign float64) libtorch.Tensor {
				scores, _ := critic(a.ops, a.ops.Tensor(values, shape...))
				return a.ops.Mean(a.ops.Clamp(a.ops.Shift(a.ops.Scale(a.ops.Float(scores), sign), 1), 0, 1e9))
			}
			loss = a.ops.Scale(a.ops.Add(hinge(s.real, -1), hinge(s.made, 1)), 0.5/float64(len(a.seen)))
		})
		sum += loss.Value()
		a.ops.Backward(loss)
		a.ops.Free()
	}
	a.seen = nil
	if sum < restBelow {
		a.adamw.ZeroGrad()
		return sum
	}
	a.adamw.Step(rate, clip, 1)
	return sum
}
