package sampler

import (
	"context"
	"errors"
	"fmt"

	"github.com/roentgo/roentgo/internal/graph"
)

// maxLosses is how many devices one piece of work may lose: what loses one
// after another is itself the cause.
const maxLosses = 3

// survive runs f. When the device fails in it, it opens another and runs f
// again.
func (s *Sampler) survive(ctx context.Context, f func() error) error {
	err := f()
	for range maxLosses {
		if !errors.Is(err, graph.ErrFailed) || s.reopen == nil || ctx.Err() != nil {
			return err
		}
		if err = s.replace(ctx, err); err == nil {
			err = f()
		}
	}
	return err
}

// replace puts another device in the place of the lost one.
func (s *Sampler) replace(ctx context.Context, lost error) error {
	// The lost device's programs and buffers are of no use: what closing them
	// fails with is that the device is lost.
	_ = errors.Join(s.unets[0].close(), s.unets[1].close(), s.decoder.close(), s.backend.Close())
	b, err := s.reopen(ctx, lost)
	if err != nil {
		s.backend = lostDevice{err} // the closed one must not be used again
		return err
	}
	s.backend = b
	return nil
}

// lostDevice stands for a device that has failed and has no successor yet: the next
// request looks for one.
type lostDevice struct{ cause error }

func (d lostDevice) Name() string { return "no device" }

func (d lostDevice) Compile(context.Context, *graph.Plan) (graph.Program, error) {
	return nil, fmt.Errorf("%w: %w", graph.ErrLost, d.cause)
}

func (d lostDevice) Close() error { return nil }
