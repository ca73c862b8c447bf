// Package gpu runs a plan of package graph on a WebGPU device. Every operation
// is a shader of package shaders; the arena is one storage buffer, and a stage
// one list of dispatches that is built when a program is compiled.
package gpu

import (
	"context"
	"errors"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

// Why there is no device, or none any more, or not enough of it.
var (
	ErrNoDevice = errors.New("gpu: no usable GPU")
	ErrLost     = graph.Failure("gpu: the device was lost", graph.ErrLost)
	ErrMemory   = graph.Failure("gpu: out of memory", graph.ErrFailed, graph.ErrMemory)
	ErrFault    = graph.Failure("gpu: the device refused", graph.ErrFailed) // what is no fault of the caller's
)

// Type says what kind of hardware an adapter is.
type Type string

// The types of adapters.
const (
	Discrete   Type = "discrete"
	Integrated Type = "integrated"
	Virtual    Type = "virtual or unknown"
	Software   Type = "cpu" // a GPU in software, such as lavapipe
)

// Info describes an adapter.
type Info struct {
	Name    string
	Backend string // vulkan, metal, d3d12
	Type    Type
}

// Software reports whether the adapter is a program on the processor.
func (i Info) Software() bool { return i.Type == Software }

// Buffer is device memory.
type Buffer interface {
	Free()
}

// Pipeline is a compiled shader.
type Pipeline interface {
	Free()
}

// Group is what a shader's bindings are bound to.
type Group interface {
	Free()
}

// Binding is a range of a buffer, in bytes; Size 0: to its end.
type Binding struct {
	Buffer       Buffer
	Offset, Size int
}

// Dispatch is one run of a shader.
type Dispatch struct {
	Pipeline   Pipeline
	Group      Group
	Workgroups [3]int
}

// Recording is a list of dispatches, ready to be submitted many times.
type Recording any

// Copied is what was copied out of a buffer, on its way to the host.
type Copied interface {
	// Wait waits for the copy, but not for what was queued after it, and
	// writes all of it to dst. It is called once.
	Wait(dst []byte) error
	// Drop is called instead of Wait where the copy is of no use any more.
	Drop()
}

// Device is a WebGPU device with the baseline limits. It is safe for
// concurrent use.
type Device interface {
	Info() Info
	// NewBuffer makes a buffer of zeros; size is a multiple of 4 bytes.
	NewBuffer(size int) (Buffer, error)
	// Write queues a copy into a buffer; offset and length are multiples of 4.
	Write(dst Buffer, offset int, data []byte) error
	// NewPipelines compiles shaders, side by side: all of them, or none.
	NewPipelines(list []shaders.Source) ([]Pipeline, error)
	// NewGroup binds the bindings of a pipeline, in order.
	NewGroup(p Pipeline, bindings ...Binding) (Group, error)
	// Record makes a list of dispatches ready. Their groups must live as long
	// as it is used.
	Record(list []Dispatch) (Recording, error)
	// Submit queues dispatches, each of which sees what those before it wrote,
	// and returns at once.
	Submit(r Recording) error
	// Copy queues a copy out of a buffer, after what was queued before it;
	// offset and size are multiples of 4.
	Copy(src Buffer, offset, size int) (Copied, error)
	// Close frees the device, whose buffers, pipelines and groups must have
	// been freed before.
	Close() error
}

// read copies out of a buffer and waits.
func read(d Device, src Buffer, offset int, dst []byte) error {
	c, err := d.Copy(src, offset, len(dst))
	if err != nil {
		return err
	}
	return c.Wait(dst)
}

// Adapters lists the adapters of this machine, the best first. Without any the
// error is ErrNoDevice.
func Adapters() ([]Info, error) { return adapters() }

// Open opens the best adapter. The error wraps ErrNoDevice where there is
// none, and says what to install.
func Open(ctx context.Context) (Device, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return open()
}
