//go:build js

package simd

import (
	"context"
	"syscall/js"
)

// loop lets the event loop of JavaScript go round.
type loop struct {
	channel js.Value // a MessageChannel, which is not slowed down as timers are
	handler js.Func
	turned  chan struct{}
}

func newLoop() *loop {
	l := &loop{channel: js.Global().Get("MessageChannel").New(), turned: make(chan struct{}, 1)}
	l.handler = js.FuncOf(func(js.Value, []js.Value) any {
		l.turned <- struct{}{}
		return nil
	})
	l.channel.Get("port1").Set("onmessage", l.handler)
	return l
}

// turn returns when the events that wait have been handled.
func (l *loop) turn() {
	l.channel.Get("port2").Call("postMessage", nil)
	<-l.turned
}

func (l *loop) close() {
	l.channel.Get("port1").Call("close")
	l.handler.Release()
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
