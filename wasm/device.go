//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall/js"

	"github.com/roentgo/roentgo/sampler/gpu"
	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/simd"
)

// The kinds of devices, as in roentgo.d.ts.
const (
	kindAuto   = "auto"
	kindWebGPU = "webgpu"
	kindWasm   = "wasm"
)

// devices chooses what computes, and what takes its place when it fails.
type devices struct {
	host   js.Value
	wanted string
	simd   simd.Options

	early  func() (gpu.Device, error) // the GPU, being opened while the model is fetched
	losses int
	info   js.Value // of the device that is in use
}

// maxLosses is how often a GPU may be lost before it is given up: one that is
// lost again and again cannot do the work.
const maxLosses = 2

// newDevices begins to open the GPU, where one may be wanted.
func newDevices(host js.Value, wanted string, o simd.Options) *devices {
	d := &devices{host: host, wanted: wanted, simd: o}
	d.early = sync.OnceValues(d.openGPU)
	if wanted != kindWasm {
		go d.early()
	}
	return d
}

// errSoftware is why "auto" does not take an adapter.
var errSoftware = errors.New("the browser's only GPU is one in software, which WebAssembly is faster than")

func (d *devices) openGPU() (gpu.Device, error) {
	if d.wanted == kindAuto {
		list, err := gpu.Adapters()
		if err != nil {
			return nil, err
		}
		if list[0].Software() {
			return nil, errSoftware
		}
	}
	device, err := gpu.Open(context.Background())
	if err != nil {
		return nil, err
	}
	return gpu.Warm(device), nil
}

// open implements sampler.Options.Open. A GPU that was lost is opened again;
// where it cannot be, or refused its work, WebAssembly takes its place.
func (d *devices) open(ctx context.Context, source graph.Source, failed error) (graph.Backend, error) {
	var reason string
	if d.wanted != kindWasm {
		device, err := d.gpu(failed)
		if err == nil {
			b := gpu.New(device, source, nil)
			if failed != nil {
				reason = "opened again: " + failed.Error()
			}
			d.tell(kindWebGPU, b.Name(), reason)
			return b, nil
		}
		reason = err.Error()
	}
	b, err := simd.New(ctx, source, d.simd)
	if err != nil {
		return nil, err
	}
	d.tell(kindWasm, b.Name(), reason)
	return b, nil
}

func (d *devices) gpu(failed error) (gpu.Device, error) {
	switch {
	case failed == nil:
		return d.early()
	case errors.Is(failed, gpu.ErrLost):
		if d.losses++; d.losses <= maxLosses {
			return d.openGPU()
		}
	}
	d.wanted = kindWasm // what it refused once it will refuse again
	return nil, fmt.Errorf("the GPU failed: %w", failed)
}

func (d *devices) tell(kind, name, reason string) {
	d.info = js.ValueOf(map[string]any{"kind": kind, "name": name, "reason": reason})
	d.host.Call("device", d.info)
}
