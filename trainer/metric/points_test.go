package metric_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
)

// apart gives each point a group of its own.
func apart(n int) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprint(i)
	}
	return groups
}

func TestFrechetOfKnownSets(t *testing.T) {
	// Two points each on a line: the covariances have rank 1 in the plane, where a
	// root of their product by iteration fails.
	line := func(x, width float64) [][]float64 { return [][]float64{{x - width, 0}, {x + width, 0}} }
	for _, c := range []struct {
		name string
		a, b [][]float64
		want float64
	}{
		{"equal", line(1, 2), line(1, 2), 0},
		{"shifted", line(1, 2), line(4, 2), 9},
		// Deviations √2 and 3√2: their difference squared is 8.
		{"wider", line(0, 1), line(0, 3), 8},
		{"across", [][]float64{{-1, 0}, {1, 0}}, [][]float64{{0, -1}, {0, 1}}, 4},
	} {
		got, err := metric.Frechet(c.a, c.b)
		if err != nil || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %g, %v; want %g", c.name, got, err, c.want)
		}
	}
}

func TestIntervalsOfSets(t *testing.T) {
	s := metric.Resampling{Times: 60, Seed: 1}
	near, far, real := points(5, 60, 6, 0, 1), points(6, 60, 6, 1, 1), points(7, 80, 6, 0, 1)
	groups := apart(60)
	for name, measure := range map[string]func(a [][]float64) (metric.Interval, error){
		"Fréchet": func(a [][]float64) (metric.Interval, error) { return s.Frechet(a, groups, real) },
		"KID":     func(a [][]float64) (metric.Interval, error) { return s.KID(a, groups, real) },
	} {
		n, err := measure(near)
		if err != nil {
			t.Fatal(err)
		}
		f, err := measure(far)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []metric.Interval{n, f} {
			if !(v.Low <= v.Value && v.Value <= v.High && v.Low < v.High) {
				t.Errorf("%s: %+v", name, v)
			}
		}
		if !(n.High < f.Low) {
			t.Errorf("%s of a near set, %+v, and of a far one, %+v, overlap", name, n, f)
		}
	}
	// Of one distribution the unbiased estimate is about 0, in resamples too.
	if v, _ := s.KID(near, groups, real); !(v.Low < 0.02 && v.High > -0.02 && v.High-v.Low < 0.2) {
		t.Errorf("KID of one distribution: %+v", v)
	}
	v, err := s.InceptionScore(points(8, 50, 4, 0, 5), apart(50))
	if err != nil || !(1 <= v.Value && v.Value <= 4 && v.Low < v.Value && v.Value < v.High) {
		t.Errorf("Inception Score %+v, %v", v, err)
	}
}

func TestPointsRefused(t *testing.T) {
	good := points(1, 6, 3, 0, 1)
	bad := points(1, 6, 3, 0, 1)
	bad[2][1] = math.NaN()
	uneven := points(1, 6, 3, 0, 1)
	uneven[3] = uneven[3][:2]
	for name, set := range map[string][][]float64{"none": nil, "one": good[:1], "not a number": bad, "uneven": uneven, "of other length": points(1, 6, 4, 0, 1)} {
		if _, err := metric.Frechet(good, set); !errors.Is(err, metric.ErrPoints) {
			t.Errorf("Fréchet, %s: %v", name, err)
		}
		if _, err := metric.KID(good, set); !errors.Is(err, metric.ErrPoints) {
			t.Errorf("KID, %s: %v", name, err)
		}
		if _, err := metric.NewManifold(good, set, 3); !errors.Is(err, metric.ErrPoints) {
			t.Errorf("manifold, %s: %v", name, err)
		}
	}
	if _, err := metric.InceptionScore(bad); !errors.Is(err, metric.ErrPoints) {
		t.Errorf("Inception Score of no number: %v", err)
	}
	if _, err := metric.NewManifold(good, good, 0); !errors.Is(err, metric.ErrPoints) {
		t.Errorf("no neighbours: %v", err)
	}
}

func TestMeanInterval(t *testing.T) {
	s := metric.Resampling{Times: 400, Seed: 2}
	values := uniform(9, 100)
	v := s.Mean(values, apart(100))
	// The deviation of a mean of 100 uniform values is 0.029.
	if !(v.Finite() && math.Abs(v.High-v.Low-4*0.0289) < 0.04 && v.Low < v.Value && v.Value < v.High) {
		t.Errorf("%+v", v)
	}
	one := make([]string, 100)
	if v := s.Mean(values, one); v.Low != v.Value || v.High != v.Value {
		t.Errorf("of one group: %+v", v)
	}
	if v := s.Mean(nil, nil); v.Finite() {
		t.Errorf("of nothing: %+v", v)
	}
}
