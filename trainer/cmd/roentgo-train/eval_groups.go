//go:build libtorch

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// group is a part of the images: whom the model has seen, and whom it draws.
type group struct {
	Attribute string `json:"attribute"` // view, sex, age or source
	Name      string `json:"name"`
	Train     int    `json:"training_images"`
	Held      int    `json:"held_out_images"`
	// Unasked is the share of images of a text that names no group in which the
	// classifier sees this one.
	Unasked *metric.Interval `json:"unasked,omitempty"`
	// AUC is the mean over groupFindings of how well the classifier separates
	// generated images with the finding from normal ones, of this group alone.
	AUC *metric.Interval `json:"generated_auc,omitempty"`
}

// groupFindings are those that groups are compared by: the classifier recognises
// them in real images, and each sex has them in training.
var groupFindings = []string{"Effusion", "Cardiomegaly", "Infiltration", "Atelectasis"}

// sexes are the values of Record.Sex in the words of prompts.
var sexes = []struct{ value, word string }{{"F", "woman"}, {"M", "man"}}

// ageGroups are the bounds of the age groups: years from each on.
var ageGroups = []int{0, 20, 40, 60, 80}

// groupImages is the number of images that [evaluator.groups] makes.
func (e *evaluator) groupImages() int { return len(sexes) * (1 + len(groupFindings)) * e.seeds }

// groups counts the images of each group and measures those that prompts name.
func (e *evaluator) groups(ctx context.Context, r *result, s *samples) error {
	for _, view := range evalViews {
		g := e.counted("view", view, func(rec dataset.Record) bool { return rec.View == view })
		g.Unasked = e.unasked(s, train.OutputAP, view == "AP")
		g.AUC = e.groupAUC(s.scores[view])
		r.Groups = append(r.Groups, g)
	}
	for _, sex := range sexes {
		g := e.counted("sex", sex.word, func(rec dataset.Record) bool { return rec.Sex == sex.value })
		g.Unasked = e.unasked(s, train.OutputFemale, sex.value == "F")
		scores := map[string][][]float64{}
		for _, finding := range append([]string{normal}, groupFindings...) {
			list, err := e.sample(ctx, promptOfSex(sex.word, finding), s.guidance)
			if err != nil {
				return err
			}
			if scores[finding], err = e.judge.Scores(list); err != nil {
				return err
			}
		}
		g.AUC = e.groupAUC(scores)
		r.Groups = append(r.Groups, g)
	}
	for k, from := range ageGroups {
		name, to := fmt.Sprintf("from %d years on", from), 1000
		if k+1 < len(ageGroups) {
			to = ageGroups[k+1]
			name = fmt.Sprintf("%d to %d years", from, to-1)
		}
		r.Groups = append(r.Groups, e.counted("age", name, func(rec dataset.Record) bool { return rec.Age > 0 && rec.Age >= from && rec.Age < to }))
	}
	sources := map[string]bool{}
	for _, list := range [][]int{e.train, e.test} {
		for _, i := range list {
			sources[e.data.Records[i].Source] = true
		}
	}
	for _, source := range slices.Sorted(maps.Keys(sources)) {
		r.Groups = append(r.Groups, e.counted("source", source, func(rec dataset.Record) bool { return rec.Source == source }))
	}
	return nil
}

// promptOfSex is the prompt of a finding in a woman or a man.
func promptOfSex(word, finding string) string {
	if finding == normal {
		return probeView + " chest x-ray of a " + word + ", normal chest"
	}
	return probeView + " chest x-ray of a " + word + " showing " + dataset.FindingName(finding)
}

// counted counts the images of a group.
func (e *evaluator) counted(attribute, name string, in func(dataset.Record) bool) group {
	number := func(list []int) (n int) {
		for _, i := range list {
			if in(e.data.Records[i]) {
				n++
			}
		}
		return n
	}
	return group{Attribute: attribute, Name: name, Train: number(e.train), Held: number(e.test)}
}

// unasked is the share of images of no text in which an output of the classifier is
// more likely than not, or less likely.
func (e *evaluator) unasked(s *samples, output string, likely bool) *metric.Interval {
	var values []float64
	var seeds []string
	for k, scores := range s.unasked {
		value := 0.0
		if (scores[e.outputs[output]] > 0) == likely {
			value = 1
		}
		values, seeds = append(values, value), append(seeds, strconv.Itoa(k))
	}
	share := resampling.Mean(values, seeds)
	return &share
}

// groupAUC is the mean AUC of groupFindings against normal images of the same
// seeds, by the scores of each finding's images.
func (e *evaluator) groupAUC(scores map[string][][]float64) *metric.Interval {
	var seeds []string
	for k := range scores[normal] {
		seeds = append(seeds, strconv.Itoa(k))
	}
	v := resampling.Statistic(seeds, func(index []int) (mean float64) {
		for _, finding := range groupFindings {
			var list []metric.Scored
			for _, k := range index {
				list = append(list, metric.Scored{Score: scores[finding][k][e.outputs[finding]], Positive: true, Group: seeds[k]},
					metric.Scored{Score: scores[normal][k][e.outputs[finding]], Group: seeds[k]})
			}
			mean += metric.AUC(list) / float64(len(groupFindings))
		}
		return mean
	})
	return &v
}
