//go:build libtorch

// Package libtorch executes the networks of package model on libtorch, through
// the C wrappers of gotch, with gradients.
//
// libtorch keeps its gradient mode, autocast state and last error per thread. So
// call everything here from one goroutine that has called [Start]. Tensors are
// bare handles, because gotch's own Tensor makes each call ten times as costly.
// [Ops.Free] frees all tensors of an [Ops] together.
package libtorch

// #cgo CXXFLAGS: -std=c++17 -O3
// #cgo LDFLAGS: -lstdc++ -ltorch_cpu -lc10 -ldl
// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// environment is what libtorch's libraries read before main starts. OpenMP
// threads that spin slow a shared machine several times. And the C library
// returns each large tensor to the system when it is freed. The next one then
// costs a page fault per 4 KiB: a tenth to a quarter of a training step.
var environment = []string{
	"OMP_WAIT_POLICY=PASSIVE",
	"MALLOC_MMAP_THRESHOLD_=8589934592",
	"MALLOC_TRIM_THRESHOLD_=17179869184",
	"MALLOC_TOP_PAD_=268435456",
}

// Start prepares the process and the calling goroutine for libtorch: it locks
// the goroutine to its thread and sets the number of threads per operation. If
// OMP_WAIT_POLICY is not set, it sets the environment and replaces the program
// by a new start of it.
func Start(threads int) error {
	if os.Getenv("OMP_WAIT_POLICY") == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("libtorch: cannot find this program to start it again with its environment: %w", err)
		}
		return syscall.Exec(self, os.Args, append(os.Environ(), environment...))
	}
	runtime.LockOSThread()
	C.rt_set_num_threads(C.int(threads))
	return nil
}

// Version is libtorch's version.
func Version() string { return C.GoString(C.rt_version()) }

// ErrLibtorch is wrapped by every error that libtorch itself reports.
var ErrLibtorch = errors.New("libtorch")

// failure is what an operation panics with; Try turns it into an error.
type failure struct{ err error }

// Try runs f and returns the error of the first operation in it that failed.
// Operations return no errors, so that a network reads as plain mathematics.
// Their errors appear here.
func Try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(failure)
			if !ok {
				panic(r)
			}
			err = bad.err
		}
	}()
	f()
	return nil
}

// Fail ends the function that Try runs. Try returns err: for errors of the host, in
// the midst of operations.
func Fail(err error) { panic(failure{err}) }

// check panics with the error that libtorch or the shim left, if any.
func check(op string) {
	message := (*C.char)(unsafe.Pointer(lib.GetAndResetLastErr()))
	if message == nil {
		message = C.rt_error()
	}
	if message == nil {
		return
	}
	defer C.free(unsafe.Pointer(message))
	first, _, _ := strings.Cut(C.GoString(message), "\n")
	panic(failure{fmt.Errorf("%w: %s: %s", ErrLibtorch, op, first)})
}

// GradMode switches the recording of gradients on or off.
func GradMode(on bool) { C.rt_grad_mode(flag(on)) }

// Precision is the number format of the heavy operations. Parameters and their
// gradients stay float32.
type Precision string

const (
	F32  Precision = "f32"
	BF16 Precision = "bf16"
	F16  Precision = "f16" // on CUDA alone, with the loss scaled: see [Scaler]
)

// HasBF16 reports whether the device computes in bfloat16. Processors without
// AVX-512 may not: libtorch then fails in the first product of two matrices.
var HasBF16 = sync.OnceValue(func() bool {
	params := NewParams()
	defer params.Free()
	ops := NewOps(params)
	defer ops.Free()
	return Try(func() {
		Autocast(BF16, func() {
			ops.Linear(ops.Tensor(make([]float32, 16*16), 16, 16), ops.Tensor(make([]float32, 16*16), 16, 16))
			ops.Conv2d(ops.Tensor(make([]float32, 16*16), 1, 16, 4, 4), ops.Tensor(make([]float32, 16*16), 16, 16, 1, 1), ops.Tensor(make([]float32, 16), 16), 1, 0)
		})
	}) == nil
})

// autocast is the precision now in use, on the one thread that uses libtorch.
var autocast = F32

// Autocast runs f with the heavy operations in p. Afterwards the earlier
// precision is in use again.
func Autocast(p Precision, f func()) {
	if p == autocast {
		f()
		return
	}
	before := autocast
	set := func(p Precision) {
		C.rt_autocast(flag(device >= 0), flag(p == F16), flag(p != F32))
		autocast = p
		check("autocast")
	}
	set(p)
	defer set(before)
	f()
}

func flag(on bool) C.int {
	if on {
		return 1
	}
	return 0
}
