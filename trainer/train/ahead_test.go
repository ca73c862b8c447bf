//go:build libtorch

package train

import (
	"errors"
	"testing"

	"github.com/roentgo/roentgo/trainer/libtorch"
)

func TestAhead(t *testing.T) {
	busy := 0 // -race reports two goroutines that make at once
	a := &ahead[int]{make: func(pass int) (int, error) { busy++; return pass * pass, nil }}
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

// TestAheadFails checks that an error of the host ends a pass, and no pass before it.
func TestAheadFails(t *testing.T) {
	cut := errors.New("cut")
	a := &ahead[int]{make: func(pass int) (int, error) {
		if pass == 2 {
			return 0, cut
		}
		return pass, nil
	}}
	defer a.stop()
	for pass, want := range []error{nil, nil, cut} {
		if err := libtorch.Try(func() { a.at(pass) }); err != want {
			t.Errorf("pass %d: error %v, want %v", pass, err, want)
		}
	}
}
