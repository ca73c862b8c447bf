//go:build libtorch

package train

import (
	"fmt"
	"math"
)

// Common is what both trainings have in common.
type Common struct {
	Data string `json:"-"` // folder that `prepare` made
	Run  string `json:"-"` // folder of this run: checkpoint, log, grids

	Steps       int     `json:"steps"`      // optimizer steps in all
	Batch       int     `json:"batch"`      // images a forward pass
	Accumulate  int     `json:"accumulate"` // forward passes an optimizer step
	Rate        float64 `json:"rate"`       // peak learning rate
	Warmup      int     `json:"warmup"`     // steps of linear warm-up
	Decay       float64 `json:"decay"`      // part of the steps, at the end, in which the rate falls to zero along a cosine
	WeightDecay float64 `json:"weight_decay"`
	Clip        float64 `json:"clip"` // the gradient's norm at most; 0: no limit
	EMA         float64 `json:"ema"`  // decay of the average of the weights
	BF16        bool    `json:"bf16"`
	Seed        uint64  `json:"seed"`

	Threads         int     `json:"-"`
	MaxMinutes      float64 `json:"-"` // stop, with a checkpoint, after that long; 0: no limit
	CheckpointEvery float64 `json:"-"` // minutes
	EvaluateEvery   int     `json:"-"` // steps
}

func (c Common) validate() error {
	switch {
	case c.Steps < 1:
		return fmt.Errorf("%w: %d steps; at least 1 is needed", ErrOptions, c.Steps)
	case c.Batch < 1 || c.Accumulate < 1:
		return fmt.Errorf("%w: batch %d × %d; at least 1 × 1 is needed", ErrOptions, c.Batch, c.Accumulate)
	case !(c.Rate > 0 && c.Rate < 1):
		return fmt.Errorf("%w: a learning rate of %g is not in (0, 1)", ErrOptions, c.Rate)
	case !(c.EMA >= 0 && c.EMA < 1):
		return fmt.Errorf("%w: an EMA decay of %g is not in [0, 1)", ErrOptions, c.EMA)
	case !(c.Decay >= 0 && c.Decay <= 1):
		return fmt.Errorf("%w: a decay over %g of the steps is not in [0, 1]", ErrOptions, c.Decay)
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
		rate *= 0.5 * (1 - math.Cos(math.Pi*float64(c.Steps-i)/tail))
	}
	return rate
}

// emaAt is the decay of the average in step i, counted from 0: less at first,
// so that the random start is soon forgotten.
func (c Common) emaAt(i int) float64 { return math.Min(c.EMA, float64(1+i)/float64(10+i)) }
