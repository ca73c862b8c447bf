//go:build libtorch

package libtorch

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

// Where tensors are made, and in which memory format: of the whole process.
var (
	device       = -1 // -1: the CPU; else the CUDA device of that number
	channelsLast bool
)

// ErrDevice is wrapped by the error of a device that cannot be used.
var ErrDevice = errors.New("libtorch: no such device")

// The devices that Use takes.
const (
	Auto = "auto" // CUDA where there is one, else the CPU
	CPU  = "cpu"
	CUDA = "cuda"
)

// Use chooses the device on which all further tensors are made, and returns
// which it is. Call it before any tensor is.
func Use(name string) (string, error) {
	switch name {
	case CPU:
		return CPU, nil
	case Auto, CUDA:
		if err := loadCUDA(); err != nil {
			if name == Auto {
				return CPU, nil
			}
			return "", fmt.Errorf("%w: cuda: %w (run 'roentgo-train doctor')", ErrDevice, err)
		}
		device = 0
		return CUDA, nil
	}
	return "", fmt.Errorf("%w: %q (there are %s, %s, %s)", ErrDevice, name, Auto, CPU, CUDA)
}

// OnCUDA reports whether tensors are made on a CUDA device.
func OnCUDA() bool { return device >= 0 }

// ChannelsLast makes all further tensors of four dimensions in NHWC order in
// memory, which convolutions run faster in on some devices.
func ChannelsLast(on bool) { channelsLast = on }

// cudaLibrary is what registers the CUDA kernels. Nothing links it, so that
// the program runs where it is not.
const cudaLibrary = "libtorch_cuda.so"

// loadCUDA opens libtorch's CUDA library: beside libtorch_cpu.so, or where the
// loader finds it.
func loadCUDA() error {
	if C.rt_has_cuda() != 0 {
		return nil
	}
	var said []string
	for _, path := range append(besideLibtorch(), cudaLibrary) {
		c := C.CString(path)
		message := C.rt_dlopen(c)
		C.free(unsafe.Pointer(c))
		if message == nil {
			if C.rt_has_cuda() == 0 {
				return errors.New("libtorch has CUDA, but finds no device or no driver")
			}
			return nil
		}
		said = append(said, C.GoString(message))
		C.free(unsafe.Pointer(message))
	}
	return errors.New(strings.Join(said, "; "))
}

// besideLibtorch is where the CUDA library would be, if this process's
// libtorch had one.
func besideLibtorch() []string {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	for _, line := range strings.Split(string(maps), "\n") {
		if at := strings.IndexByte(line, '/'); at >= 0 && strings.HasSuffix(line, "libtorch_cpu.so") {
			path := filepath.Join(filepath.Dir(line[at:]), cudaLibrary)
			if _, err := os.Stat(path); err == nil {
				return []string{path}
			}
		}
	}
	return nil
}

// CUDAStatus says what libtorch's CUDA is here: its build, or why there is
// none.
func CUDAStatus() string {
	if err := loadCUDA(); err != nil {
		return "none: " + err.Error()
	}
	text := C.rt_cuda_config()
	if text == nil {
		return "there"
	}
	defer C.free(unsafe.Pointer(text))
	return strings.Join(strings.Fields(C.GoString(text)), " ")
}
