package metric

import (
	"cmp"
	"math"
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
// Images of one group, for example of one seed, are not compared: they are not
// independent, and a bootstrap resample has many such pairs. It is NaN if there
// is no pair.
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

// winsOf counts the pairs of a positive and a negative by ranks, and how many of
// them the positive wins.
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

// AUC returns [AUC] of a list and its interval by resamples of whole groups. ok
// is false if there is no pair of a positive and a negative.
func (s Resampling) AUC(list []Scored) (v Interval, ok bool) {
	v = s.Scored(list, AUC)
	return v, !math.IsNaN(v.Value)
}

// Scored returns a statistic of a list and its interval by resamples of whole
// groups.
func (s Resampling) Scored(list []Scored, statistic func([]Scored) float64) Interval {
	groups := make([]string, len(list))
	for i, x := range list {
		groups[i] = x.Group
	}
	return s.Statistic(groups, func(index []int) float64 { return statistic(pick(list, index)) })
}
