//go:build libtorch

package train

import "github.com/roentgo/roentgo/trainer/libtorch"

// ahead makes what forward passes need of the host, a few passes before they
// run, on a goroutine of its own. It makes the same as without: pass by pass,
// in order.
type ahead[T any] struct {
	make  func(pass int) (T, error)
	next  int
	ready chan made[T]
	done  chan struct{}
}

type made[T any] struct {
	value T
	err   error
}

// depth is how many passes are made ahead.
const depth = 2

// at returns what pass needs. Passes are asked for in order, from any on. An error of
// make appears in [libtorch.Try].
func (a *ahead[T]) at(pass int) T {
	if a.ready == nil || pass != a.next {
		a.stop()
		a.start(pass)
	}
	a.next = pass + 1
	m := <-a.ready
	if m.err != nil {
		libtorch.Fail(m.err)
	}
	return m.value
}

func (a *ahead[T]) start(pass int) {
	ready, done := make(chan made[T], depth), make(chan struct{})
	a.ready, a.done = ready, done
	go func() {
		for ; ; pass++ {
			value, err := a.make(pass)
			select {
			case ready <- made[T]{value, err}:
			case <-done:
				close(ready)
				return
			}
		}
	}()
}

// stop ends the goroutine and waits for it.
func (a *ahead[T]) stop() {
	if a.ready == nil {
		return
	}
	close(a.done)
	for range a.ready {
	}
	a.ready = nil
}
