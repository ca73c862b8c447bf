//go:build !js

package device

import (
	"context"
	"fmt"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
)

// Recovers reports whether an Opener can replace a device that failed. Here it
// cannot: the model may be closed once a device has its parameters.
const Recovers = false

// New returns the opener of the device that o asks for.
func New(o Options) Opener {
	return func(ctx context.Context, source graph.Source, failed error) (graph.Backend, error) {
		if failed != nil {
			return nil, failed
		}
		onGPU, err := o.wantsGPU()
		if err != nil {
			return nil, err
		}
		kind, open := CPU, o.openCPU
		if onGPU {
			kind, open = GPU, o.openGPU
		}
		b, err := open(ctx, source)
		if err != nil {
			return nil, err
		}
		o.report(kind, b, "")
		return b, nil
	}
}

func (o Options) wantsGPU() (bool, error) {
	switch o.Kind {
	case "", Auto:
		adapters, _ := gpu.Adapters() // without a GPU, for whatever reason, there is the processor
		for _, a := range adapters {
			if !a.Software() {
				return true, nil
			}
		}
		return false, nil
	case GPU, CPU:
		return o.Kind == GPU, nil
	}
	return false, fmt.Errorf("%w: %q (there are %s, %s, %s)", ErrNone, o.Kind, Auto, GPU, CPU)
}

func (o Options) openCPU(_ context.Context, source graph.Source) (graph.Backend, error) {
	return cpu.New(source, cpu.Options{Threads: o.Threads, Mode: o.Mode})
}

func (o Options) openGPU(ctx context.Context, source graph.Source) (graph.Backend, error) {
	d, err := gpu.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	var tilings gpu.Tilings
	if o.Tune {
		tilings = gpu.Tuned(ctx, d)
	}
	return gpu.New(d, source, tilings), nil
}
