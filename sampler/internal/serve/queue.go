package serve

import (
	"context"
	"sync"
	"time"
)

// queue lets requests in one by one, as many as it has places, in the order in
// which they came.
type queue struct {
	places chan struct{} // one for each request that waits or is worked on
	turn   chan struct{} // that of the one request that is worked on

	mu    sync.Mutex
	usual time.Duration // of a request's work, a moving mean
	broke bool          // the device failed
}

func newQueue(n int) *queue {
	return &queue{places: make(chan struct{}, n), turn: make(chan struct{}, 1)}
}

// enter takes a place, if there is one.
func (q *queue) enter() bool {
	select {
	case q.places <- struct{}{}:
		return true
	default:
		return false
	}
}

func (q *queue) leave() { <-q.places }

// length is how many wait or are worked on.
func (q *queue) length() int { return len(q.places) }

// size is how many there is room for.
func (q *queue) size() int { return cap(q.places) }

// work waits for the turn and calls f, unless ctx ends before.
func (q *queue) work(ctx context.Context, f func() error) error {
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-q.turn }()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	began := time.Now()
	err := f()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.usual += (time.Since(began) - q.usual) / 4
	return err
}

// wait is about how long it takes until a place is free.
func (q *queue) wait() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(q.usual, time.Second)
}

// breaks keeps that the device failed.
func (q *queue) breaks() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.broke = true
}

func (q *queue) broken() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.broke
}
