//go:build js

package main

import (
	"syscall/js"

	"github.com/roentgo/roentgo/sampler"
)

// The kinds of devices: those of roentgo.d.ts beside those of package sampler.
const (
	kindWebGPU = "webgpu"
	kindWasm   = "wasm"
)

// deviceKind is what package sampler calls a kind of device.
func deviceKind(kind string) string {
	switch kind {
	case kindWebGPU:
		return sampler.GPU
	case kindWasm:
		return sampler.CPU
	}
	return kind
}

// onDevice reports a device to the page.
func (a *api) onDevice(d sampler.DeviceInfo) {
	kind := kindWasm
	if d.Kind == sampler.GPU {
		kind = kindWebGPU
	}
	a.device = js.ValueOf(map[string]any{"kind": kind, "name": d.Name, "reason": d.Reason})
	a.host.Call("device", a.device)
}
