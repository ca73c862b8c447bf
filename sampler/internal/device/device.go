// Package device chooses what computes: a GPU, or the processor with the
// executor that this platform has. In a browser it also replaces a device that
// failed.
package device

import (
	"context"
	"errors"

	"github.com/roentgo/roentgo/internal/graph"
)

// Where to compute.
const (
	Auto = "auto" // a real GPU if there is one, else the processor
	GPU  = "gpu"  // any adapter, also one in software
	CPU  = "cpu"  // the processor: package cpu, in a browser package simd
)

// ErrNone is wrapped by errors of a device that is not there or not known.
var ErrNone = errors.New("sampler: no such device")

// Options say what to open. The zero value is a good default.
type Options struct {
	Kind       string     // Auto, GPU or CPU; empty: Auto
	Threads    int        // of the processor; 0: one per core
	Mode       string     // cpu.Fast or cpu.Small; empty: cpu.Fast
	ThreadsURL string     // where threads.js of package simd is served; empty: one thread in a browser
	Tune       bool       // whether to measure a GPU's tilings when nothing is stored about it
	Report     func(Info) // where set, is called with each device that is opened
}

// Info describes a device that was opened.
type Info struct {
	Kind   string // GPU or CPU
	Name   string // for people: "cpu (2 threads, avx2)"
	Reason string // why it is this one and not the one that was asked for, or the one before; else empty
}

func (o Options) report(kind string, b graph.Backend, reason string) {
	if o.Report != nil {
		o.Report(Info{kind, b.Name(), reason})
	}
}

// Opener opens a device and gives it the parameters of source, which it may
// read until the device is closed. failed is nil at first, and the error of
// the device before where another must take its place. The caller closes what
// it returns.
type Opener func(ctx context.Context, source graph.Source, failed error) (graph.Backend, error)
