//go:build js

package simd

import "time"

// pace says how much work the module may do at a time. It follows what the
// work takes, which a phone and a workstation differ in thirtyfold; what is
// computed does not depend on it.
type pace struct {
	budget int // in units of the lists' costs
}

const (
	firstBudget = 1 << 18
	leastBudget = 1 << 12
	mostBudget  = 1 << 24
	turnTime    = 30 * time.Millisecond // aimed at
)

func newPace() pace { return pace{firstBudget} }

// used adjusts the budget after work that spent it took that long.
func (p *pace) used(took time.Duration) {
	switch {
	case took > turnTime*4/3:
		p.budget = max(p.budget/2, leastBudget)
	case took < turnTime*2/3:
		p.budget = min(p.budget*5/4, mostBudget)
	}
}
