//go:build libtorch

package libtorch

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// Script is a TorchScript module. Gradients pass through it to its inputs. Its
// own parameters do not change.
type Script struct{ m lib.Cmodule }

// LoadScript reads a TorchScript file, on the device in use.
func LoadScript(path string) *Script {
	c := C.CString(path)
	defer C.free(unsafe.Pointer(c))
	m := C.rt_script(c, C.int(device))
	check("script")
	return &Script{lib.Cmodule(m)}
}

// Free frees the module.
func (s *Script) Free() { lib.AtmFree(s.m) }

// Script runs the module's forward on tensors.
func (o *Ops) Script(s *Script, in ...Tensor) Tensor {
	list := make([]lib.Ctensor, len(in))
	for i, x := range in {
		list[i] = x.c
	}
	return o.call("script", func(out *lib.Ctensor) { *out = lib.AtmForward(s.m, &list[0], len(list)) })
}
