//go:build js

package simd

import (
	"context"
	"syscall/js"
)

// loop lets the event loop of JavaScript go round.
type loop struct {
	handler js.Func
	post    func() // calls handler when the events that wait have been handled
	close   func()
	turned  chan struct{}
}

// newLoop uses a MessageChannel, which browsers do not slow down as they do
// timers. Node hands over a channel's messages without looking at other events,
// and has setImmediate instead.
func newLoop() *loop {
	l := &loop{turned: make(chan struct{}, 1)}
	l.handler = js.FuncOf(func(js.Value, []js.Value) any {
		l.turned <- struct{}{}
		return nil
	})
	if js.Global().Get("setImmediate").Type() == js.TypeFunction {
		l.post = func() { js.Global().Call("setImmediate", l.handler) }
		l.close = l.handler.Release
		return l
	}
	channel := js.Global().Get("MessageChannel").New()
	channel.Get("port1").Set("onmessage", l.handler)
	l.post = func() { channel.Get("port2").Call("postMessage", nil) }
	l.close = func() {
		channel.Get("port1").Call("close")
		l.handler.Release()
	}
	return l
}

// turn returns when the events that wait have been handled.
func (l *loop) turn() {
	l.post()
	<-l.turned
}

// await waits for a promise.
func await(ctx context.Context, promise js.Value) (js.Value, error) {
	type result struct {
		value js.Value
		err   error
	}
	settled := make(chan result, 1)
	fulfilled := js.FuncOf(func(_ js.Value, a []js.Value) any {
		settled <- result{value: a[0]}
		return nil
	})
	rejected := js.FuncOf(func(_ js.Value, a []js.Value) any {
		settled <- result{err: js.Error{Value: a[0]}}
		return nil
	})
	promise.Call("then", fulfilled, rejected)
	r := <-settled
	fulfilled.Release()
	rejected.Release()
	if err := ctx.Err(); err != nil {
		return js.Undefined(), err
	}
	return r.value, r.err
}
