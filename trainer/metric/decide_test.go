package metric_test

import (
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

func TestRates(t *testing.T) {
	of := func(right, wrong, missed, rest int) (list []metric.Decision) {
		for n, d := range map[int]metric.Decision{0: {Said: true, Is: true}, 1: {Said: true}, 2: {Is: true}, 3: {}} {
			for range []int{right, wrong, missed, rest}[n] {
				list = append(list, d)
			}
		}
		return list
	}
	for _, c := range []struct {
		name                  string
		list                  []metric.Decision
		precision, recall, f1 float64
	}{
		{"some", of(6, 2, 4, 8), 0.75, 0.6, 2. / 3},
		{"nothing said", of(0, 0, 3, 5), 0, 0, 0},
		{"nothing there", of(0, 2, 0, 5), 0, 0, 0},
		{"all right", of(4, 0, 0, 1), 1, 1, 1},
	} {
		p, r, f := metric.Rates(c.list)
		near(t, c.name+": precision", p, c.precision, 1e-12)
		near(t, c.name+": recall", r, c.recall, 1e-12)
		near(t, c.name+": F1", f, c.f1, 1e-12)
	}
}

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		name string
		list []metric.Scored
		want float64
	}{
		{"apart", append(scored("", true, 3, 4), scored("", false, 1, 2)...), 3},
		{"one low positive is given up", append(scored("", true, 0, 8, 9), scored("", false, 1, 2, 3, 4, 5, 6)...), 8},
		{"all of one score", append(scored("", true, 1), scored("", false, 1, 1)...), 1},
		{"nothing to find", scored("", false, 1, 5), 6},
		{"nothing", nil, 1},
	} {
		if got := metric.Threshold(c.list); got != c.want {
			t.Errorf("%s: %g, want %g", c.name, got, c.want)
		}
	}
}
