//go:build !cgo && !js

package gpu

import "fmt"

var errWithout = fmt.Errorf("%w: this program was built without cgo, which WebGPU needs (build with CGO_ENABLED=1 and a C compiler)", ErrNoDevice)

func adapters() ([]Info, error) { return nil, errWithout }

func open() (Device, error) { return nil, errWithout }
