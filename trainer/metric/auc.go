package metric

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Scored is the score of one image for a finding.
type Scored struct {
	Score    float64
	Positive bool
	Stratum  string // images are compared within it alone, as AP with AP
	Group    string // what a bootstrap draws whole, as a patient or a seed
}

// AUC is the area under the receiver operating characteristic: the probability
// that a positive of a stratum scores higher than a negative of the same
// stratum and another group, where a tie counts half (Hanley and McNeil 1982).
// Images of one group, as two of one seed, are not compared: they are not
// independent, and a resample of a bootstrap has many such pairs. It is NaN
// where there is no pair.
func AUC(list []Scored) float64 {
	strata, groups := map[string][]Scored{}, map[[2]string][]Scored{}
	for _, s := range list {
		strata[s.Stratum] = append(strata[s.Stratum], s)
		key := [2]string{s.Stratum, s.Group}
		groups[key] = append(groups[key], s)
	}
	var wins, pairs float64
	for _, part := range strata {
		w, p := winsOf(part)
		wins, pairs = wins+w, pairs+p
	}
	for _, part := range groups {
		w, p := winsOf(part)
		wins, pairs = wins-w, pairs-p
	}
	if pairs == 0 {
		return math.NaN()
	}
	return wins / pairs
}

// winsOf counts the pairs of a positive and a negative, and those of them that
// the positive wins, by ranks.
func winsOf(list []Scored) (wins, pairs float64) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Scored) int { return cmp.Compare(a.Score, b.Score) })
	var below, positives float64 // negatives with a lower score
	for i := 0; i < len(list); {
		j, p, n := i, 0.0, 0.0
		for ; j < len(list) && list[j].Score == list[i].Score; j++ {
			if list[j].Positive {
				p++
			} else {
				n++
			}
		}
		wins += p * (below + n/2)
		positives += p
		below += n
		i = j
	}
	return wins, positives * below
}

// Bootstrap returns the bounds between which statistic lies in 95 of 100
// resamples of whole groups, drawn with replacement (Efron 1979). Resamples in
// which it is not a number do not count.
func Bootstrap(list []Scored, times int, seed uint64, statistic func([]Scored) float64) (low, high float64) {
	groups := map[string][]Scored{}
	for _, s := range list {
		groups[s.Group] = append(groups[s.Group], s)
	}
	names := make([]string, 0, len(groups))
	for g := range groups {
		names = append(names, g)
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(seed, 0))
	var values []float64
	for range times {
		var drawn []Scored
		for range names {
			drawn = append(drawn, groups[names[r.IntN(len(names))]]...)
		}
		if v := statistic(drawn); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(values)
	at := func(q float64) float64 { return values[min(int(q*float64(len(values))), len(values)-1)] }
	return at(0.025), at(0.975)
}
