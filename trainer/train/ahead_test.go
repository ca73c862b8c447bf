//go:build libtorch

package train

import "testing"

func TestAhead(t *testing.T) {
	busy := 0 // -race reports two goroutines that make at once
	a := &ahead[int]{make: func(pass int) int { busy++; return pass * pass }}
	for _, pass := range []int{0, 1, 2, 3, 10, 11, 4, 5, 5} {
		if got := a.at(pass); got != pass*pass {
			t.Errorf("pass %d: %d", pass, got)
		}
	}
	a.stop()
	a.stop()
	if before := busy; before < 9 {
		t.Errorf("%d were made", before)
	}
}
