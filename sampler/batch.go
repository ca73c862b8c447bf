package sampler

import (
	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/record"
)

// batchMemory is how much memory the values of a batch may take that is chosen
// by [Sampler.BatchFor].
const batchMemory = 256 << 20

// How many images side by side gain speed: two make four with guidance, which
// keep the cores of a CPU as busy as more would; a GPU has room for many.
const (
	gainsCPU = 2
	gainsGPU = 16
)

// BatchFor returns the Request.Batch that makes count images of this model
// soonest on this device: as many side by side as gain there and have room in
// 256 MiB.
func (s *Sampler) BatchFor(count int) (int, error) {
	gains := gainsCPU
	if s.Threads() == 0 {
		gains = gainsGPU
	}
	b := max(min(count, gains), 1)
	for ; b > 1; b /= 2 {
		arena, err := s.arena(2 * b)
		if err != nil {
			return 0, err
		}
		if 4*arena <= batchMemory {
			break
		}
	}
	return b, nil
}

// arena is the number of values that the U-Net needs room for at a batch of b
// with contexts of the most tokens.
func (s *Sampler) arena(b int) (int, error) {
	r := graph.NewRecorder()
	record.UNet(r, s.description.Model, b, s.description.Model.Tokens, true)
	plan, err := r.Plan()
	if err != nil {
		return 0, err
	}
	return plan.Arena, nil
}
