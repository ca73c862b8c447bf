//go:build js

package device

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/internal/simd"
)

// Recovers reports whether an Opener can replace a device that failed.
const Recovers = true

// maxLosses is how often a GPU may be lost before it is given up: one that is
// lost again and again cannot do the work.
const maxLosses = 2

// errSoftware is why Auto does not take an adapter.
var errSoftware = errors.New("the browser's only GPU is one in software, which WebAssembly is faster than")

// browser chooses between WebGPU and WebAssembly.
type browser struct {
	Options
	early  func() (gpu.Device, error) // the GPU, opened while the model is fetched
	losses int
}

// New returns the opener of the device that o asks for. It begins to open a
// GPU at once, where one may be wanted.
func New(o Options) Opener {
	b := &browser{Options: o}
	b.early = sync.OnceValues(b.openGPU)
	if o.Kind != CPU {
		go b.early()
	}
	return b.open
}

func (b *browser) openGPU() (gpu.Device, error) {
	if b.Kind != GPU {
		list, err := gpu.Adapters()
		if err != nil {
			return nil, err
		}
		if list[0].Software() {
			return nil, errSoftware
		}
	}
	d, err := gpu.Open(context.Background())
	if err != nil {
		return nil, err
	}
	return gpu.Warm(d), nil
}

// open is an Opener. It opens a lost GPU again. Where it cannot, or where the
// GPU refused its work, WebAssembly takes the GPU's place.
func (b *browser) open(ctx context.Context, source graph.Source, failed error) (graph.Backend, error) {
	switch b.Kind {
	case "", Auto, GPU, CPU:
	default:
		return nil, fmt.Errorf("%w: %q (there are %s, %s, %s)", ErrNone, b.Kind, Auto, GPU, CPU)
	}
	var reason string
	if b.Kind != CPU {
		d, err := b.gpu(failed)
		if err == nil {
			backend := gpu.New(d, source, nil)
			if failed != nil {
				reason = "opened again: " + failed.Error()
			}
			b.report(GPU, backend, reason)
			return backend, nil
		}
		reason = err.Error()
	}
	backend, err := simd.New(ctx, source, simd.Options{Threads: b.Threads, WorkerURL: b.ThreadsURL})
	if err != nil {
		return nil, err
	}
	b.report(CPU, backend, reason)
	return backend, nil
}

func (b *browser) gpu(failed error) (gpu.Device, error) {
	switch {
	case failed == nil:
		return b.early()
	case errors.Is(failed, graph.ErrLost):
		if b.losses++; b.losses <= maxLosses {
			return b.openGPU()
		}
	}
	b.Kind = CPU // what the GPU refused once it will refuse again
	return nil, fmt.Errorf("the GPU failed: %w", failed)
}
