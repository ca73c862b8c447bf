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

// The device and memory format of new tensors, for the whole process.
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

// Use chooses the device of all further tensors and returns its name. Call it
// before the first tensor is made.
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

// ChannelsLast stores all further tensors of four dimensions in NHWC order. Some
// devices compute convolutions faster in it.
func ChannelsLast(on bool) { channelsLast = on }

// cudaLibrary registers the CUDA kernels. Nothing links it, so the program also
// runs on machines without it.
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

// CUDAStatus describes the CUDA part of libtorch: its build, or why it is
// missing.
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
