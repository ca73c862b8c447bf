//go:build js

package simd

import (
	"context"
	_ "embed"
	"syscall/js"
)

// maxThreads bounds Options.Threads: more cores than that share a memory badly.
const maxThreads = 32

// stackWords is the stack of a worker.
const stackWords = 64 << 10 / 4

// canShare reports whether memory can be shared between threads here, and
// this thread may wait for another, which that of a window may not.
func canShare() bool {
	global := js.Global()
	isolated := global.Get("crossOriginIsolated")
	return global.Get("SharedArrayBuffer").Truthy() && global.Get("Worker").Truthy() &&
		(isolated.IsUndefined() || isolated.Bool()) && global.Get("document").IsUndefined()
}

// cores is the number of threads that the machine runs at once.
func cores() int {
	if n := js.Global().Get("navigator"); n.Truthy() && n.Get("hardwareConcurrency").Truthy() {
		return n.Get("hardwareConcurrency").Int()
	}
	return 1
}

// join starts a worker as a thread of the team. It returns false where that
// fails, for whatever reason: the others do its work.
func (b *Backend) join(ctx context.Context, url string, module js.Value) bool {
	stack, err := b.memory.alloc(stackWords)
	if err != nil {
		return false
	}
	joined := false
	defer func() {
		if !joined {
			b.memory.release(stack, stackWords)
		}
	}()
	var worker js.Value
	if err := caught(func() {
		worker = js.Global().Get("Worker").New(url, map[string]any{"type": "module", "name": "roentgo kernels"})
	}); err != nil {
		return false
	}
	ready := make(chan bool, 1)
	answer := func(ok bool) js.Func {
		return js.FuncOf(func(js.Value, []js.Value) any {
			select {
			case ready <- ok:
			default:
			}
			return nil
		})
	}
	yes, no := answer(true), answer(false)
	defer yes.Release()
	defer no.Release()
	worker.Set("onmessage", yes)
	worker.Set("onerror", no)
	worker.Call("postMessage", map[string]any{"module": module, "memory": b.memory.object,
		"stack": stack + 4*stackWords, "team": b.team, "thread": len(b.workers) + 1})
	select {
	case joined = <-ready:
	case <-ctx.Done():
	}
	worker.Set("onmessage", js.Null())
	worker.Set("onerror", js.Null())
	if joined {
		b.workers = append(b.workers, worker)
	} else {
		worker.Call("terminate")
	}
	return joined
}
