//go:build libtorch

package train

import (
	"fmt"
	"math"

	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// How the learning rate falls.
const (
	DecayCosine = "cosine"
	DecayLinear = "linear"
)

// Common is what both trainings have in common.
type Common struct {
	Data string `json:"-"` // folder that `prepare` made
	Run  string `json:"-"` // folder of this run: checkpoint, log, grids

	Steps       int     `json:"steps"`       // optimizer steps in all
	Batch       int     `json:"batch"`       // images per forward pass
	Accumulate  int     `json:"accumulate"`  // forward passes per optimizer step
	Rate        float64 `json:"rate"`        // peak learning rate
	Warmup      int     `json:"warmup"`      // steps of linear warm-up
	Decay       float64 `json:"decay"`       // part of the steps, at the end, in which the rate falls to zero
	DecayShape  string  `json:"decay_shape"` // DecayCosine, the default, or DecayLinear
	WeightDecay float64 `json:"weight_decay"`
	Clip        float64 `json:"clip"` // the gradient's norm at most; 0: no limit
	EMA         float64 `json:"ema"`  // decay of the average of the weights
	Seed        uint64  `json:"seed"`

	// Precision of the heavy operations: "f32", the default, "bf16", or "f16",
	// which needs a CUDA device.
	Precision string `json:"precision"`
	// Checkpointing computes each block's intermediate values again in the
	// backward pass instead of keeping them.
	Checkpointing bool `json:"checkpointing"`
	// QueryBlock is how many queries attention takes at a time; 0: all.
	QueryBlock int `json:"query_block"`

	AllowChanges    bool    `json:"-"` // resume a run although its data or options differ
	Keep            int     `json:"-"` // checkpoints to keep, the newest counted; default 1
	MaxMinutes      float64 `json:"-"` // write a checkpoint and stop after that long; 0: no limit
	CheckpointEvery float64 `json:"-"` // minutes
	EvaluateEvery   int     `json:"-"` // steps
}

func (c Common) validate() error {
	switch {
	case c.Steps < 1:
		return fmt.Errorf("%w: %d steps; at least 1 is needed", runs.ErrOptions, c.Steps)
	case c.Batch < 1 || c.Accumulate < 1:
		return fmt.Errorf("%w: batch %d × %d; at least 1 × 1 is needed", runs.ErrOptions, c.Batch, c.Accumulate)
	case !(c.Rate > 0 && c.Rate < 1):
		return fmt.Errorf("%w: a learning rate of %g is not in (0, 1)", runs.ErrOptions, c.Rate)
	case !(c.EMA >= 0 && c.EMA < 1):
		return fmt.Errorf("%w: an EMA decay of %g is not in [0, 1)", runs.ErrOptions, c.EMA)
	case c.DecayShape != "" && c.DecayShape != DecayCosine && c.DecayShape != DecayLinear:
		return fmt.Errorf("%w: no decay %q (there are %s, %s)", runs.ErrOptions, c.DecayShape, DecayCosine, DecayLinear)
	case c.Precision != "" && c.Precision != "f32" && c.Precision != "bf16" && c.Precision != "f16":
		return fmt.Errorf("%w: no precision %q (there are auto, f32, bf16, f16)", runs.ErrOptions, c.Precision)
	case c.Precision == "f16" && !libtorch.OnCUDA():
		return fmt.Errorf("%w: float16 needs a CUDA device; on a CPU bf16 is as fast", runs.ErrOptions)
	case c.Precision == "bf16" && !libtorch.HasBF16():
		return fmt.Errorf("%w: this processor does not compute in bfloat16 (give --precision f32)", runs.ErrOptions)
	case c.QueryBlock < 0 || c.Keep < 0:
		return fmt.Errorf("%w: a block of %d queries, %d checkpoints", runs.ErrOptions, c.QueryBlock, c.Keep)
	case !(c.Decay >= 0 && c.Decay <= 1):
		return fmt.Errorf("%w: a decay over %g of the steps is not in [0, 1]", runs.ErrOptions, c.Decay)
	}
	return nil
}

// rateAt is the learning rate of step i, counted from 0.
func (c Common) rateAt(i int) float64 {
	rate := c.Rate
	if i < c.Warmup {
		return rate * float64(i+1) / float64(c.Warmup)
	}
	if tail := c.Decay * float64(c.Steps); float64(c.Steps-i) < tail {
		left := float64(c.Steps-i) / tail
		if c.DecayShape == DecayLinear {
			return rate * left
		}
		rate *= 0.5 * (1 - math.Cos(math.Pi*left))
	}
	return rate
}

// emaAt is the decay of the average in step i, counted from 0: less at first,
// so that the random start is soon forgotten.
func (c Common) emaAt(i int) float64 { return math.Min(c.EMA, float64(1+i)/float64(10+i)) }

// precision is the precision of the heavy operations.
func (c Common) precision() libtorch.Precision {
	if c.Precision == "" {
		return libtorch.F32
	}
	return libtorch.Precision(c.Precision)
}

// ops returns operations that run as the options say.
func (c Common) ops(params *libtorch.Params) *libtorch.Ops {
	ops := libtorch.NewOps(params)
	ops.Checkpointing, ops.QueryBlock = c.Checkpointing, c.QueryBlock
	return ops
}
