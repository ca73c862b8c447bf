package cpu

import (
	"sync"
	"sync/atomic"
)

// each calls f for every i in [0, n), on as many threads as there are. worker
// is below their number, and no two calls have the same at one time.
func (p *Program) each(n int, f func(worker, i int)) {
	workers := min(p.threads, n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	work := func(worker int) {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			f(worker, i)
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < workers; w++ {
		wg.Go(func() { work(w) })
	}
	work(0)
	wg.Wait()
}

// grain is the length of the pieces into which elementwise work is cut.
const grain = 1 << 14

// spans calls f for pieces [from, to) that cover [0, n).
func (p *Program) spans(n int, f func(from, to int)) {
	p.each((n+grain-1)/grain, func(_, i int) { f(i*grain, min((i+1)*grain, n)) })
}

// buffer returns n values of scratch memory of a worker; their content is
// arbitrary.
func (p *Program) buffer(worker, n int) []float32 {
	if len(p.scratch[worker]) < n {
		p.scratch[worker] = make([]float32, n)
	}
	return p.scratch[worker][:n]
}
