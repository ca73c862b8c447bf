//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall/js"

	"github.com/roentgo/roentgo/internal/jspromise"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/weights"
)

// method makes a JavaScript function that runs f on its own goroutine and returns
// a promise of its result.
func method(f func(args []js.Value) (any, error)) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		var executor js.Func
		executor = js.FuncOf(func(_ js.Value, settle []js.Value) any {
			go func() {
				v, err := f(args)
				executor.Release()
				if err != nil {
					settle[1].Invoke(failure(err))
					return
				}
				settle[0].Invoke(v)
			}()
			return nil
		})
		return js.Global().Get("Promise").New(executor)
	})
}

// The codes of RoentgoError that begin here; roentgo.d.ts explains them.
const (
	codeAborted     = "aborted" // which the page knows as its signal's reason
	codeHash        = "hash"
	codeModel       = "model"
	codeRequest     = "request"
	codeDevice      = "device"
	codeMemory      = "memory"
	codeUnsupported = "unsupported"
	codeInternal    = "internal"
)

// failure is an error as an object {code, message}. An error of JavaScript
// that has a code keeps it.
func failure(err error) js.Value {
	code := codeInternal
	is := func(list ...error) bool {
		for _, e := range list {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
	thrown, isThrown := errors.AsType[*jspromise.Error](err)
	switch {
	case is(context.Canceled):
		code = codeAborted
	case isThrown && thrown.Value.Type() == js.TypeObject && thrown.Value.Get("code").Type() == js.TypeString:
		code = thrown.Value.Get("code").String()
	case is(sampler.ErrRequest, provenance.ErrNotPNG, provenance.ErrDamaged, provenance.ErrTooLarge, provenance.ErrNoSettings, provenance.ErrSettings):
		code = codeRequest
	case is(weights.ErrHash):
		code = codeHash
	case is(sampler.ErrModel, weights.ErrFormat, weights.ErrTruncated, weights.ErrTooLarge, weights.ErrMissing):
		code = codeModel
	case is(sampler.ErrMemory):
		code = codeMemory
	case is(sampler.ErrUnsupported):
		code = codeUnsupported
	case is(sampler.ErrDevice, sampler.ErrNotFinite, sampler.ErrFailed):
		code = codeDevice
	}
	return js.ValueOf(map[string]any{"code": code, "message": strings.ReplaceAll(err.Error(), "\n", "; ")})
}

// recovered turns a panic of f into an error. A panic would end the program, and
// so every other request.
func recovered(f func() (any, error)) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("roentgo: %v", r)
		}
	}()
	return f()
}

// bytesOf copies a Uint8Array to Go.
func bytesOf(v js.Value) []byte {
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b
}

// uint8Array copies bytes to a Uint8Array.
func uint8Array(b []byte) js.Value {
	v := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}
