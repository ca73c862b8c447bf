//go:build libtorch

package main

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strconv"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// failure counts one of the failure modes of the study's table 9, by a rule that a
// program can follow, in images of random captions and in real ones. The mode "wrong
// laterality" has none: no caption names a side.
type failure struct {
	Kind string `json:"kind"`
	Rule string `json:"rule"`
	// Images are those that the rule applies to.
	Images int             `json:"images"`
	Made   metric.Interval `json:"generated"` // share of images
	Real   metric.Interval `json:"real"`      // of held-out images, by the same rule

	severity []float64 // per image that the rule applies to; above 0: it failed
	of       []int     // these images
}

const (
	// failureImages are sampled, of captions of held-out images and of seeds from
	// failureSeed on.
	failureImages  = 200
	failureSeed    = 10_000
	failureColumns = 8 // of the worst images of a kind in failures.png
)

// subtle are the findings that are small or faint in an image.
var subtle = []string{"Nodule", "Mass", "Pneumothorax", "Atelectasis", "Pleural_Thickening"}

// failed samples images of random captions, counts failures in them and draws the
// worst.
func (e *evaluator) failed(ctx context.Context, r *result, s *samples) error {
	records, list, err := e.sampleFailures(ctx, s.guidance)
	if err != nil {
		return err
	}
	scores, err := e.judge.Scores(list)
	if err != nil {
		return err
	}
	features, err := e.judge.Features(list)
	if err != nil {
		return err
	}
	distances, _ := metric.Nearest(features, e.known.features)
	count := func(kind, rule string, of func(x []float32, scores []float64, distance float64, record int) (severity float64, applies bool)) {
		f := failure{Kind: kind, Rule: rule}
		var groups []string
		for k, x := range list {
			if v, ok := of(x, scores[k], distances[k], records[k]); ok {
				f.severity, f.of, groups = append(f.severity, v), append(f.of, k), append(groups, strconv.Itoa(k))
			}
		}
		var held []float64
		var patients []string
		for k, x := range e.real {
			if v, ok := of(x, e.scores[k], e.known.heldFeatures[k], k); ok {
				held, patients = append(held, v), append(patients, e.data.Records[e.test[k]].Patient)
			}
		}
		if f.Images = len(f.of); f.Images == 0 || len(held) == 0 {
			return
		}
		f.Made, f.Real = resampling.Mean(above(f.severity), groups), resampling.Mean(above(held), patients)
		r.Failures = append(r.Failures, f)
	}
	far := metric.Percentile(e.known.heldFeatures, 1-firstPercentile)
	count("anatomical implausibility", "further from the nearest training image, by the classifier's features, than 99 of 100 held-out images are",
		func(_ []float32, _ []float64, distance float64, _ int) (float64, bool) {
			return distance/far - 1, true
		})
	thresholds := map[string][2]float64{}
	for _, finding := range subtle {
		thresholds[finding] = e.thresholds(finding)
	}
	count("missing subtle finding", "the caption states a nodule, mass, pneumothorax, atelectasis or pleural thickening, and the classifier does not see it",
		func(_ []float32, scores []float64, _ float64, record int) (worst float64, applies bool) {
			rec := e.data.Records[e.test[record]]
			worst = math.Inf(-1)
			for _, finding := range subtle {
				if rec.Has(finding) {
					t := thresholds[finding][1-halfOf(rec.Patient)]
					worst, applies = max(worst, t-scores[e.outputs[finding]]), true
				}
			}
			return worst, applies
		})
	low, high := e.roughness()
	count("unrealistic texture", "the power above a quarter of the Nyquist frequency is below that of 99 of 100 held-out images, or above it",
		func(x []float32, _ []float64, _ float64, _ int) (float64, bool) {
			p := math.Log(metric.Detail(metric.Spectrum([][]float32{x}, e.data.Size()), e.spectrum))
			return max(low-p, p-high), true
		})
	return e.drawFailures(list, r.Failures, s)
}

// above are 1 where a value is above 0, and 0 elsewhere.
func above(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		if v > 0 {
			out[i] = 1
		}
	}
	return out
}

// sampleFailures makes images of captions of held-out images, which it names by
// their places in test.
func (e *evaluator) sampleFailures(ctx context.Context, guidance float64) (records []int, list [][]float32, err error) {
	var rows []sampler.Row
	for k := range failureImages {
		at := k * 97 % len(e.test)
		records = append(records, at)
		rows = append(rows, sampler.Row{Prompt: dataset.Caption(e.data.Records[e.test[at]], captionSeed, e.test[at], 1+k/len(e.test)), Seed: uint64(failureSeed + k)})
	}
	list, err = e.sampleRows(ctx, rows, guidance, "random caption")
	return records, list, err
}

// roughness is the range, without a two-hundredth on each side, of the logarithm of
// the held-out images' power above a quarter of the Nyquist frequency, where their
// mean is 0.
func (e *evaluator) roughness() (low, high float64) {
	var list []float64
	for _, x := range e.real {
		list = append(list, math.Log(metric.Detail(metric.Spectrum([][]float32{x}, e.data.Size()), e.spectrum)))
	}
	return metric.Percentile(list, firstPercentile/2), metric.Percentile(list, 1-firstPercentile/2)
}

// drawFailures draws the worst images of each kind, a row per kind. What the rule
// does not count stays black.
func (e *evaluator) drawFailures(made [][]float32, list []failure, s *samples) error {
	var pictures []*image.Gray
	for _, f := range list {
		order := make([]int, len(f.of))
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.severity[b], f.severity[a]) })
		for column := range failureColumns {
			img := image.NewGray(image.Rect(0, 0, e.data.Size(), e.data.Size()))
			if column < len(order) && f.severity[order[column]] > 0 {
				img = train.Gray(made[f.of[order[column]]], e.data.Size())
			}
			if column == 0 {
				write(img, fmt.Sprintf("%s: %d of %d", f.Kind, count(f.severity), f.Images))
			}
			pictures = append(pictures, img)
		}
	}
	return train.WriteGrid(e.picture("failures", s), pictures, failureColumns)
}

// count is the number of values above 0.
func count(values []float64) (n int) {
	for _, v := range values {
		if v > 0 {
			n++
		}
	}
	return n
}
