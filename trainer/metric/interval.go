package metric

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a figure with the bounds between which it lies in 95 of 100
// resamples.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Finite reports whether all three are finite.
func (i Interval) Finite() bool {
	return i.Value-i.Value == 0 && i.Low-i.Low == 0 && i.High-i.High == 0
}

// Resampling says how often a bootstrap draws, and from which seed.
type Resampling struct {
	Times int
	Seed  uint64
}

// of yields the indices of each resample: of whole groups, as many as there
// are, drawn with replacement (Efron 1979). groups names the group of each item.
func (s Resampling) of(groups []string) iter.Seq[[]int] {
	members := map[string][]int{}
	for i, g := range groups {
		members[g] = append(members[g], i)
	}
	names := make([]string, 0, len(members))
	for g := range members {
		names = append(names, g)
	}
	slices.Sort(names)
	return func(yield func([]int) bool) {
		r := rand.New(rand.NewPCG(s.Seed, 0))
		for range s.Times {
			var drawn []int
			for range names {
				drawn = append(drawn, members[names[r.IntN(len(names))]]...)
			}
			if !yield(drawn) {
				return
			}
		}
	}
}

// quantiles returns the bounds of the middle 95 % of values, or NaN without any.
func quantiles(values []float64) (low, high float64) {
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	at := func(q float64) float64 { return values[min(int(q*float64(len(values))), len(values)-1)] }
	return at(0.025), at(0.975)
}

// Mean is the mean of values and its interval, resampled by groups.
func (s Resampling) Mean(values []float64, groups []string) Interval {
	of := func(index []int) float64 {
		var sum float64
		for _, i := range index {
			sum += values[i]
		}
		return sum / float64(len(index))
	}
	return s.Statistic(groups, of)
}

// Statistic returns a function of all items, given by their indices, and its
// interval. Resamples in which it is NaN do not count.
func (s Resampling) Statistic(groups []string, of func(index []int) float64) Interval {
	all := make([]int, len(groups))
	for i := range all {
		all[i] = i
	}
	v := Interval{Value: of(all)}
	var values []float64
	for index := range s.of(groups) {
		if x := of(index); !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	v.Low, v.High = quantiles(values)
	return v
}

// shifted is the interval of a figure that resamples make larger, because they
// repeat items. It is the spread of the resamples around their own mean, moved
// to lie around the value.
func shifted(value float64, resampled []float64) Interval {
	var mean float64
	for _, x := range resampled {
		mean += x / float64(len(resampled))
	}
	low, high := quantiles(resampled)
	return Interval{value, value + low - mean, value + high - mean}
}
