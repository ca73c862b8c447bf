package metric

import (
	"cmp"
	"slices"
)

// Decision is whether something was said to be there, and whether it is.
type Decision struct{ Said, Is bool }

// Rates returns precision, recall and F1 of decisions. As in scikit-learn, a
// figure whose denominator is 0 is 0.
func Rates(list []Decision) (precision, recall, f1 float64) {
	var right, said, is float64
	for _, d := range list {
		if d.Said && d.Is {
			right++
		}
		if d.Said {
			said++
		}
		if d.Is {
			is++
		}
	}
	return right / max(said, 1), right / max(is, 1), 2 * right / max(said+is, 1)
}

// Threshold returns the lowest score to answer yes to, for the best F1. If
// nothing is positive, it is above all scores. Stratum and Group do not matter.
func Threshold(list []Scored) float64 {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Scored) int { return cmp.Compare(b.Score, a.Score) })
	var positives, right, best float64
	for _, s := range list {
		if s.Positive {
			positives++
		}
	}
	threshold := 1.0
	if len(list) > 0 {
		threshold += list[0].Score
	}
	for i, s := range list {
		if s.Positive {
			right++
		}
		if i+1 < len(list) && list[i+1].Score == s.Score {
			continue // a threshold takes all of one score
		}
		if f := 2 * right / (float64(i+1) + positives); f > best {
			best, threshold = f, s.Score
		}
	}
	return threshold
}
