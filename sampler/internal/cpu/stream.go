package cpu

import (
	"context"
	"runtime"

	"github.com/roentgo/roentgo/internal/graph"
)

var _ graph.Streamer = (*Backend)(nil)

// Stream implements graph.Streamer.
func (b *Backend) Stream(ctx context.Context, plan *graph.Plan) (graph.Program, error) {
	return b.program(ctx, plan, func(p *Program, v graph.Value) (kernel, error) {
		return func() error {
			one := b.empty()
			k, err := one.kernel(p, v)
			if err != nil {
				return err
			}
			defer runtime.GC() // of what was read for this operation alone
			return k()
		}, nil
	})
}

// empty is a backend like b that has read no parameter.
func (b *Backend) empty() *Backend {
	return &Backend{source: b.source, threads: b.threads, instructions: b.instructions, choose: b.choose, thrifty: b.thrifty,
		plain: map[string][]float32{}, packed: map[packing][]panels{}}
}

// garbageLimit is how many bytes of what was read and packed may await collection in mode
// Small. The collector alone would keep as much as is in use.
const garbageLimit = 16 << 20

// discard counts values that were read and are not needed any more.
func (b *Backend) discard(values int) {
	if !b.thrifty {
		return
	}
	if b.garbage += 6 * values; b.garbage > garbageLimit { // in float32, and as much as two bytes in the file
		b.garbage = 0
		runtime.GC()
	}
}
