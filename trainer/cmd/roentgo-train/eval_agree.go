//go:build libtorch

package main

import (
	"hash/fnv"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// agreement is how often the classifier says of an image what its caption does,
// as the study's table 4: of images generated from the captions of held-out
// images, and of these images themselves.
type agreement struct {
	Finding   string `json:"finding"`
	Images    int    `json:"images"`
	Positives int    `json:"positives"`
	Real      rates  `json:"real"`
	Made      rates  `json:"generated"`
}

type rates struct {
	Precision metric.Interval `json:"precision"`
	Recall    metric.Interval `json:"recall"`
	F1        metric.Interval `json:"f1"`
}

// agree compares the scores of generated images with those of the held-out ones
// that their captions are of. The threshold of each finding is the best one, by
// F1, on real images of the other half of the patients: no image is judged by a
// threshold that was chosen on it, or on the image that it was paired with.
func (e *evaluator) agree(made [][]float64) []agreement {
	held := e.captioned()
	var list []agreement
	for _, finding := range append(dataset.FindingLabels(), train.OutputNormal) {
		thresholds := e.thresholds(finding)
		var real, of []metric.Decision
		var groups []string
		a := agreement{Finding: finding}
		for n, k := range held {
			r := e.data.Records[e.test[k]]
			if !dataset.Speaks(r) {
				continue
			}
			t, is := thresholds[1-halfOf(r.Patient)], r.Has(finding)
			real = append(real, metric.Decision{Said: e.scores[k][e.outputs[finding]] >= t, Is: is})
			of = append(of, metric.Decision{Said: made[n][e.outputs[finding]] >= t, Is: is})
			groups = append(groups, r.Patient)
			if is {
				a.Positives++
			}
		}
		if a.Images = len(real); a.Positives > 0 {
			a.Real, a.Made = ratesOf(real, groups), ratesOf(of, groups)
			list = append(list, a)
		}
	}
	return list
}

// thresholds are those that are best on each half of the held-out patients.
func (e *evaluator) thresholds(finding string) (t [2]float64) {
	var halves [2][]metric.Scored
	for k, i := range e.test {
		if r := e.data.Records[i]; dataset.Speaks(r) {
			h := halfOf(r.Patient)
			halves[h] = append(halves[h], metric.Scored{Score: e.scores[k][e.outputs[finding]], Positive: r.Has(finding)})
		}
	}
	return [2]float64{metric.Threshold(halves[0]), metric.Threshold(halves[1])}
}

// halfOf puts a patient into one of two halves.
func halfOf(patient string) int {
	h := fnv.New32a()
	h.Write([]byte(patient))
	return int(h.Sum32() & 1)
}

func ratesOf(list []metric.Decision, groups []string) (r rates) {
	rate := func(of func(precision, recall, f1 float64) float64) metric.Interval {
		return resampling.Statistic(groups, func(index []int) float64 {
			drawn := make([]metric.Decision, len(index))
			for k, i := range index {
				drawn[k] = list[i]
			}
			return of(metric.Rates(drawn))
		})
	}
	r.Precision = rate(func(p, _, _ float64) float64 { return p })
	r.Recall = rate(func(_, r, _ float64) float64 { return r })
	r.F1 = rate(func(_, _, f float64) float64 { return f })
	return r
}
