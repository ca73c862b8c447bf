package metric_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

func scored(stratum string, positive bool, scores ...float64) []metric.Scored {
	var list []metric.Scored
	for i, s := range scores {
		list = append(list, metric.Scored{Score: s, Positive: positive, Stratum: stratum, Group: fmt.Sprint(stratum, positive, i)})
	}
	return list
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		name string
		list []metric.Scored
		want float64
	}{
		{"apart", append(scored("", true, 3, 4), scored("", false, 1, 2)...), 1},
		{"the wrong way round", append(scored("", true, 1), scored("", false, 2, 3)...), 0},
		{"three of four pairs", append(scored("", true, 2, 4), scored("", false, 1, 3)...), 0.75},
		{"ties count half", append(scored("", true, 1, 2), scored("", false, 1, 1)...), 0.75},
		// Across strata the negative of 10 would win.
		{"strata apart", append(append(scored("AP", true, 5), scored("AP", false, 1)...), append(scored("PA", true, 12), scored("PA", false, 10)...)...), 1},
		{"weighted by pairs", append(append(scored("AP", true, 5), scored("AP", false, 1, 2, 3)...), append(scored("PA", true, 1), scored("PA", false, 2)...)...), 0.75},
	} {
		if got := metric.AUC(c.list); got != c.want {
			t.Errorf("%s: AUC %g, want %g", c.name, got, c.want)
		}
	}
	// Seeds that a prompt makes a little higher, where seeds differ by more: only
	// the pairs of one seed would say so. Those of different seeds cancel out.
	var seeds []metric.Scored
	for seed, score := range []float64{1, 5, 2, 9} {
		group := fmt.Sprint(seed)
		seeds = append(seeds, metric.Scored{Score: score, Group: group}, metric.Scored{Score: score + 1e-6, Positive: true, Group: group})
	}
	if got := metric.AUC(seeds); got != 0.5 {
		t.Errorf("AUC of what hardly differs is %g, want 0.5", got)
	}
	if v, ok := (metric.Resampling{Times: 200, Seed: 1}).AUC(seeds); !ok || v.Low != 0.5 || v.High != 0.5 {
		t.Errorf("its interval is %+v", v)
	}
	if v, ok := (metric.Resampling{Times: 200, Seed: 1}).AUC(scored("", true, 1, 2)); ok {
		t.Errorf("AUC without negatives is %+v", v)
	}
	if got := metric.AUC(scored("", true, 1, 2)); !math.IsNaN(got) {
		t.Errorf("AUC without negatives is %g, want NaN", got)
	}
}

func TestBootstrap(t *testing.T) {
	list := append(scored("", true, 1, 2, 3, 4, 5, 6, 7, 8), scored("", false, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5)...)
	auc := metric.AUC(list)
	v, _ := metric.Resampling{Times: 500, Seed: 1}.AUC(list)
	low, high := v.Low, v.High
	if !(low < auc && auc < high && low > 0.2 && high < 0.95) {
		t.Errorf("AUC %.3f, interval %.3f to %.3f", auc, low, high)
	}
	// One group on each side: every resample that has a value has the same.
	for i := range list {
		list[i].Group = fmt.Sprint(list[i].Positive)
	}
	if v, _ := (metric.Resampling{Times: 100, Seed: 1}).AUC(list); v.Low != auc || v.High != auc {
		t.Errorf("interval %.3f to %.3f of whole groups, want %.3f alone", v.Low, v.High, auc)
	}
}
