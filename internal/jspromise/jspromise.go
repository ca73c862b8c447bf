//go:build js

// Package jspromise waits for JavaScript's promises from Go.
package jspromise

import "syscall/js"

// Error is what a promise was rejected with.
type Error struct {
	Value js.Value // an Error of JavaScript, as a rule
}

// Error is the message of the JavaScript error, or the value as text.
func (e *Error) Error() string {
	if e.Value.Type() == js.TypeObject {
		if m := e.Value.Get("message"); m.Type() == js.TypeString && m.String() != "" {
			return m.String()
		}
		if n := e.Value.Get("name"); n.Type() == js.TypeString {
			return n.String()
		}
	}
	return js.Global().Call("String", e.Value).String()
}

// Name is the name of the JavaScript error, such as "QuotaExceededError";
// empty for another value.
func (e *Error) Name() string {
	if e.Value.Type() == js.TypeObject {
		if n := e.Value.Get("name"); n.Type() == js.TypeString {
			return n.String()
		}
	}
	return ""
}

// Await returns what a promise is fulfilled with, or an [*Error]. A value that
// is no promise is returned as it is. It must not be called by the goroutine
// of an event handler, which the promise would wait for.
func Await(p js.Value) (js.Value, error) {
	if p.Type() != js.TypeObject || p.Get("then").Type() != js.TypeFunction {
		return p, nil
	}
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	first := func(args []js.Value) js.Value {
		if len(args) == 0 {
			return js.Undefined()
		}
		return args[0]
	}
	fulfilled := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{value: first(args)}
		return nil
	})
	defer fulfilled.Release()
	rejected := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: &Error{first(args)}}
		return nil
	})
	defer rejected.Release()
	p.Call("then", fulfilled, rejected)
	o := <-done
	return o.value, o.err
}
