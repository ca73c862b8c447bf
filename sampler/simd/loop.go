//go:build js

package simd

import "syscall/js"

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
