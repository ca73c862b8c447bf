package sampler

import (
	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/device"
)

// Where to compute.
const (
	Auto = device.Auto // a real GPU if there is one, else the CPU
	GPU  = device.GPU  // any adapter, also one in software; a browser without one takes the CPU
	CPU  = device.CPU  // in a browser: WebAssembly
)

// Modes of the CPU.
const (
	Fast  = cpu.Fast
	Small = cpu.Small // takes less memory and more time
)

// Errors of devices.
var (
	// ErrDevice is wrapped by errors of a device that is not there or not known.
	ErrDevice = device.ErrNone
	// ErrFailed is wrapped by errors of a device that failed while it worked.
	// Another device may make the same images.
	ErrFailed = graph.ErrFailed
	// ErrMemory is wrapped by errors of a device with too little memory.
	ErrMemory = graph.ErrMemory
	// ErrUnsupported is wrapped by errors of a browser that lacks what the CPU's
	// kernels need: WebAssembly with SIMD128.
	ErrUnsupported = graph.ErrUnsupported
)

// DeviceInfo describes the device that computes.
type DeviceInfo struct {
	Kind   string // GPU or CPU
	Name   string // for people: "cpu (2 threads, avx2)"
	Reason string // why it is not the one that was asked for or the one before; empty: it is
}
