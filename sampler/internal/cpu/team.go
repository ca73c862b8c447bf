package cpu

import (
	"sync"
	"sync/atomic"
)

// team is the threads that work on a run of a stage. Between two operations
// they wait awake for a while: to be woken takes longer than most operations
// do. Then they sleep, so that a busy machine is not made busier.
type team struct {
	threads int
	f       func(worker, i int)
	n       int
	next    atomic.Int64 // of the n tasks
	round   atomic.Int64 // odd while tasks are given out
	inside  atomic.Int64 // workers that may be at a task
	asleep  atomic.Int64
	over    atomic.Bool
	waiting atomic.Bool   // the caller sleeps until none is inside
	wake    chan struct{} // more than are asleep may be sent: who wakes looks again
	left    chan struct{}
}

// spins is how often one who waits looks before he sleeps: some 20 µs.
const spins = 20000

func newTeam(threads int) team {
	return team{threads: threads, wake: make(chan struct{}, threads), left: make(chan struct{}, 1)}
}

// run calls f with a team of workers beside the caller.
func (t *team) run(f func() error) error {
	var wg sync.WaitGroup
	t.over.Store(false)
	last := t.round.Load()
	for w := 1; w < t.threads; w++ {
		wg.Go(func() { t.wait(w, last) })
	}
	defer wg.Wait()
	defer func() {
		t.over.Store(true)
		t.wakeAll()
	}()
	return f()
}

func (t *team) wakeAll() {
	for range t.asleep.Load() {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

// wait works on every round after the last until the run is over.
func (t *team) wait(worker int, last int64) {
	for i := 1; !t.over.Load(); i++ {
		round := t.round.Load()
		switch {
		case round != last && round%2 == 1:
			last, i = round, 0
			t.inside.Add(1)
			if t.round.Load() == round {
				t.work(worker)
			}
			if t.inside.Add(-1) == 0 && t.waiting.Load() {
				select {
				case t.left <- struct{}{}:
				default:
				}
			}
		case i == spins:
			i = 0
			t.asleep.Add(1)
			if t.round.Load() == round && !t.over.Load() {
				<-t.wake
			}
			t.asleep.Add(-1)
		}
	}
}

func (t *team) work(worker int) {
	for {
		i := int(t.next.Add(1)) - 1
		if i >= t.n {
			return
		}
		t.f(worker, i)
	}
}

// each calls f for every i in [0, n) on the threads of the team, while it
// runs. worker is below their number, and no two calls have the same at one
// time.
func (t *team) each(n int, f func(worker, i int)) {
	if t.threads == 1 || n == 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	t.f, t.n = f, n
	t.next.Store(0)
	t.round.Add(1)
	t.wakeAll()
	t.work(0)
	t.round.Add(1)
	for i := 1; t.inside.Load() > 0; i++ {
		if i < spins {
			continue
		}
		t.waiting.Store(true)
		for t.inside.Load() > 0 {
			<-t.left
		}
		t.waiting.Store(false)
	}
}

// grain is the length of the pieces into which elementwise work is cut.
const grain = 1 << 13

// spans calls f for pieces [from, to) that cover [0, n), each some grains of
// step values of work in all.
func (t *team) spans(n, step int, f func(worker, from, to int)) {
	piece := max(1, grain/step)
	t.each((n+piece-1)/piece, func(worker, i int) { f(worker, i*piece, min((i+1)*piece, n)) })
}
