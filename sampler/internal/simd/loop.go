//go:build js

package simd

import "syscall/js"

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
