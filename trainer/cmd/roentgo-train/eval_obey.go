//go:build libtorch

package main

import (
	"strconv"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// obedience is how well a classifier recognises a finding: in real images of
// held-out patients, and in images of prompts that ask for it, each against
// images without any finding in the same view. Of the view itself it is AP
// against PA.
type obedience struct {
	Finding       string                     `json:"finding"`
	Real          *metric.Interval           `json:"real_auc,omitempty"` // absent where the held-out images have no two sides
	RealPositives int                        `json:"real_positives"`
	Made          *metric.Interval           `json:"generated_auc"`
	ByView        map[string]metric.Interval `json:"generated_auc_by_view,omitempty"`
	// Change is the mean distance between the image with the finding and that
	// without, of one seed, where the grey range is 1.
	Change float64 `json:"change"`
	// Near is the share of the finding's images that are nearer to a training
	// image, by the classifier's features, than 99 of 100 held-out images are.
	Near float64 `json:"features_below_first_percentile"`
}

// resampling is that of every interval: whole patients, or whole seeds.
var resampling = metric.Resampling{Times: 1000, Seed: 1}

// aucOf is the AUC of a list; nil where there is none.
func aucOf(list []metric.Scored) *metric.Interval {
	v, ok := resampling.AUC(list)
	if !ok {
		return nil
	}
	return &v
}

// obey fills in what the classifier finds in generated images.
func (e *evaluator) obey(r *result, s *samples) {
	for _, finding := range evalFindings()[1:] {
		r.Findings = append(r.Findings, e.obeyed(finding, s))
	}
	r.View = e.obeyedView(s)
	r.average()
}

// onReal measures the classifier on held-out images by their scores.
func (e *evaluator) onReal(output string, scores [][]float64) (v *metric.Interval, positives int) {
	var list []metric.Scored
	for n, i := range e.test {
		if s, ok := train.Truth(e.data.Records[i], output); ok {
			s.Score = scores[n][e.outputs[output]]
			list = append(list, s)
			if s.Positive {
				positives++
			}
		}
	}
	return aucOf(list), positives
}

func (e *evaluator) obeyed(finding string, s *samples) obedience {
	o := obedience{Finding: finding, ByView: map[string]metric.Interval{}}
	o.Real, o.RealPositives = e.onReal(finding, e.scores)
	var list []metric.Scored
	for _, view := range evalViews {
		var part []metric.Scored
		for seed := range e.seeds {
			add := func(of string, positive bool) {
				part = append(part, metric.Scored{Score: s.scores[view][of][seed][e.outputs[finding]], Positive: positive, Stratum: view, Group: strconv.Itoa(seed)})
			}
			add(normal, false)
			add(finding, true)
			o.Change += images.Distance(s.images[view][finding][seed], s.images[view][normal][seed]) / 2 / float64(len(evalViews)*e.seeds)
		}
		o.ByView[view] = *aucOf(part)
		list = append(list, part...)
	}
	o.Made = aucOf(list)
	return o
}

// obeyedView is the same of AP against PA: within one prompt but for the view.
func (e *evaluator) obeyedView(s *samples) obedience {
	o := obedience{Finding: train.OutputAP}
	o.Real, o.RealPositives = e.onReal(train.OutputAP, e.scores)
	var list []metric.Scored
	pairs := 0
	for _, finding := range evalFindings() {
		for seed := range e.seeds {
			for _, view := range evalViews {
				list = append(list, metric.Scored{Score: s.scores[view][finding][seed][e.outputs[train.OutputAP]], Positive: view == "AP", Stratum: finding, Group: strconv.Itoa(seed)})
			}
			o.Change += images.Distance(s.images["AP"][finding][seed], s.images["PA"][finding][seed]) / 2
			pairs++
		}
	}
	o.Change /= float64(pairs)
	o.Made = aucOf(list)
	return o
}

// A finding counts in the means where the classifier recognises it in real
// images.
const (
	recognised     = 0.7 // AUC at least
	leastPositives = 5
)

// average fills in the means over the findings that the classifier recognises.
func (r *result) average() {
	var n float64
	for _, o := range r.Findings {
		if o.Real != nil && o.Real.Value >= recognised && o.RealPositives >= leastPositives {
			n++
			r.MeanReal += o.Real.Value
			r.MeanMade += o.Made.Value
		}
	}
	r.Recognised = int(n)
	r.MeanReal, r.MeanMade = r.MeanReal/max(n, 1), r.MeanMade/max(n, 1)
}

// measure fills in how sharp and how varied the images are.
func (e *evaluator) measure(r *result, s *samples) {
	all, _ := s.all()
	r.spectrum = metric.Spectrum(all, e.data.Size())
	r.Detail = metric.Detail(r.spectrum, e.spectrum)
	var ratios []float64
	for _, view := range evalViews {
		if real := e.realNormal(view); len(real) > 1 {
			ratios = append(ratios, metric.MeanDistance(s.images[view][normal])/metric.MeanDistance(real))
		}
	}
	r.SeedSpread = meanOf(ratios)
}

// realNormal are held-out images without a finding in a view, some dozens.
func (e *evaluator) realNormal(view string) [][]float32 {
	const most = 48
	var list [][]float32
	for n, i := range e.test {
		if r := e.data.Records[i]; r.View == view && r.Has(train.OutputNormal) && len(list) < most {
			list = append(list, e.real[n])
		}
	}
	return list
}

// meanOf is the mean; nil of nothing.
func meanOf(list []float64) *float64 {
	if len(list) == 0 {
		return nil
	}
	var sum float64
	for _, v := range list {
		sum += v
	}
	sum /= float64(len(list))
	return &sum
}
