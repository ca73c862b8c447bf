//go:build libtorch

package train

import (
	"context"
	"fmt"
	"time"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/internal/peak"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// BenchOptions are those of [Bench]. Of Common it takes what shapes a step.
type BenchOptions struct {
	Common
	Model  model.Config
	Tokens int  // of the context that the U-Net attends to
	VAE    bool // steps of the autoencoder instead of the U-Net

	values map[uint32][]float32
}

// BenchResult is the cost of a training step.
type BenchResult struct {
	Milliseconds []float64 // per step, without the first
	PeakBytes    int64     // of the process: see [peak.Memory]
	BaseBytes    int64     // before the first step, with parameters, average and moments
}

// Bench takes optimizer steps on random values: forward, backward, AdamW and
// the average, as training does, of the U-Net on given latents and contexts or
// of the autoencoder.
func Bench(ctx context.Context, o BenchOptions) (BenchResult, error) {
	var result BenchResult
	o.Rate, o.values = 1e-4, map[uint32][]float32{}
	if err := o.Common.validate(); err != nil {
		return result, err
	}
	if err := o.Model.Validate(); err != nil {
		return result, err
	}
	list, err := vaeSpecs(o.Model)
	loss := o.vaeLoss
	if !o.VAE {
		loss = o.unetLoss
		r := graph.NewRecorder()
		s := o.Model.LatentSize()
		r.Output("prediction", model.UNet(r, o.Model, r.Input("latent", graph.PerLatent, 1, o.Model.LatentChannels, s, s),
			r.Input("timestep", graph.PerTimestep, 1), r.Input("context", graph.PerPrompt, 1, o.Tokens, o.Model.TextFeatures)))
		list, err = specs(r)
	}
	if err != nil {
		return result, err
	}
	if e := libtorch.Try(func() {
		var params *libtorch.Params
		if params, _, err = newParams(list, nil, 1, true); err != nil {
			return
		}
		defer params.Free()
		run := &run{params: params, ema: libtorch.NewEMA(params), adamw: libtorch.NewAdamW(params.Trainable(), 0.9, 0.999, 1e-8, o.WeightDecay), state: runs.State{LossScale: 1}}
		l := &loop{Common: o.Common, task: task{loss: loss}, run: run}
		ops := o.ops(params)
		result.BaseBytes = peak.Memory()
		for i := range o.Steps + 1 {
			if err = ctx.Err(); err != nil {
				return
			}
			start := time.Now()
			if _, err = l.step(ops, i); err != nil {
				return
			}
			if i > 0 {
				result.Milliseconds = append(result.Milliseconds, float64(time.Since(start).Microseconds())/1e3)
			}
		}
		result.PeakBytes = peak.Memory()
	}); e != nil || err != nil {
		return result, fmt.Errorf("train: bench: %w", firstError(e, err))
	}
	return result, nil
}

// random returns n values of a stream, the same array each time: what a step
// reads is not what is measured.
func (o BenchOptions) random(n int, stream uint32) []float32 {
	if o.values[stream] == nil {
		o.values[stream] = make([]float32, n)
		noise.Latent(o.values[stream], 1, 0, stream)
	}
	return o.values[stream]
}

func (o BenchOptions) unetLoss(ops *libtorch.Ops, _, _ int) (libtorch.Tensor, map[string]float64) {
	b, c, s, d := o.Batch, o.Model.LatentChannels, o.Model.LatentSize(), o.Model.TextFeatures
	times := make([]float32, b)
	for i := range times {
		times[i] = float32(i * 31 % 1000)
	}
	x := ops.Tensor(o.random(b*o.Model.LatentLen(), 1), b, c, s, s)
	target := ops.Tensor(o.random(b*o.Model.LatentLen(), 2), b, c, s, s)
	text := ops.Tensor(o.random(b*o.Tokens*d, 3), b, o.Tokens, d)
	delta := ops.Sub(ops.Float(model.UNet(ops, o.Model, x, ops.Tensor(times, b), text)), target)
	loss := ops.Mean(ops.Mul(delta, delta))
	return loss, map[string]float64{"loss": loss.Value()}
}

func (o BenchOptions) vaeLoss(ops *libtorch.Ops, _, _ int) (libtorch.Tensor, map[string]float64) {
	b, size := o.Batch, o.Model.ImageSize
	x := ops.Tensor(o.random(b*size*size, 1), b, 1, size, size)
	z := ops.Channels(ops.Float(model.Encoder(ops, o.Model, x)), 0, o.Model.LatentChannels)
	loss := ops.Mean(ops.Abs(ops.Sub(ops.Float(model.Decoder(ops, o.Model, z)), x)))
	return loss, map[string]float64{"loss": loss.Value()}
}
