//go:build libtorch

package main

import (
	"context"
	"image"
	"strconv"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// Kinds of texts that are tried beside the prompts of the findings.
const (
	probePhrasing = "other words"    // for the same finding
	probeTwo      = "two findings"   // in one text
	probeDenied   = "denied"         // the finding is not there: 0.5 is right
	probeBoth     = "contradiction"  // the finding is stated and denied
	probeNull     = "no text"        // what the model makes unasked
	probeNonsense = "not about this" // a text without any meaning for the model
)

// probe is a text in the words of a person, and the finding that is looked for in
// its images.
type probe struct{ kind, text, finding string }

// probes are the texts, all in one view. None was used in any training or to
// choose a checkpoint.
var probes = []probe{
	{probePhrasing, "PA view. There is fluid in the pleural space.", "Effusion"},
	{probePhrasing, "pleural effusions, PA film", "Effusion"},
	{probePhrasing, "PA. Blunted costophrenic angle due to effusion", "Effusion"},
	{probePhrasing, "PA chest. The heart is enlarged.", "Cardiomegaly"},
	{probePhrasing, "enlarged cardiac silhouette, PA", "Cardiomegaly"},
	{probePhrasing, "PA radiograph, big heart", "Cardiomegaly"},
	{probePhrasing, "PA view. Air in the pleural space.", "Pneumothorax"},
	{probePhrasing, "ptx on PA", "Pneumothorax"},
	{probePhrasing, "collapsed lung with pneumothorax, PA", "Pneumothorax"},
	{probePhrasing, "PA view. Pulmonary vascular congestion with oedema.", "Edema"},
	{probePhrasing, "PA, atelectatic changes", "Atelectasis"},
	{probePhrasing, "infiltrates in the lung, PA view", "Infiltration"},
	{probeTwo, "PA chest x-ray. Cardiomegaly and pleural effusion.", "Cardiomegaly"},
	{probeTwo, "PA chest x-ray. Cardiomegaly and pleural effusion.", "Effusion"},
	{probeTwo, "PA chest x-ray with pneumothorax and effusion", "Pneumothorax"},
	{probeTwo, "PA chest x-ray with pneumothorax and effusion", "Effusion"},
	{probeDenied, "PA chest x-ray. No pleural effusion.", "Effusion"},
	{probeDenied, "PA chest x-ray without cardiomegaly", "Cardiomegaly"},
	{probeDenied, "PA view, pneumothorax was ruled out", "Pneumothorax"},
	{probeBoth, "PA view. Pleural effusion. No pleural effusion.", "Effusion"},
	{probeNull, "", "Effusion"},
	{probeNull, "", "Cardiomegaly"},
	{probeNonsense, "PA. Purple elephants dance at noon.", "Effusion"},
	{probeNonsense, "PA. Purple elephants dance at noon.", "Cardiomegaly"},
}

// probeView is the view of all probes.
const probeView = "PA"

// probed is how well the classifier distinguishes images of a text from those of a
// normal chest, by one finding.
type probed struct {
	Kind    string          `json:"kind"`
	Text    string          `json:"text"`
	Finding string          `json:"finding"`
	AUC     metric.Interval `json:"auc"`
	// Usual is that of the finding's own prompt, in the same view and of the same
	// seeds.
	Usual metric.Interval `json:"auc_of_prompt"`
	// Change is the mean distance to the image of a normal chest of the same seed,
	// where the grey range is 1.
	Change float64 `json:"change"`
}

// probe samples the probes at one guidance and measures them. A picture has a row
// per text.
func (e *evaluator) probe(ctx context.Context, r *result, s *samples) error {
	var pictures []*image.Gray
	columns := min(gridColumns, e.seeds)
	made := map[string][][]float32{}
	scores := map[string][][]float64{}
	base := s.scores[probeView][normal]
	for _, p := range probes {
		if _, ok := made[p.text]; !ok {
			list, err := e.sample(ctx, p.text, r.Guidance)
			if err != nil {
				return err
			}
			if scores[p.text], err = e.judge.Scores(list); err != nil {
				return err
			}
			if made[p.text] = list; p.kind == probeNull {
				s.unasked = scores[p.text]
			}
			for k := range columns {
				img := train.Gray(list[k], e.data.Size())
				if k == 0 {
					write(img, p.text)
				}
				pictures = append(pictures, img)
			}
		}
		v := probed{Kind: p.kind, Text: p.text, Finding: p.finding}
		v.AUC = e.against(p.finding, scores[p.text], base)
		v.Usual = e.against(p.finding, s.scores[probeView][p.finding], base)
		for k, x := range made[p.text] {
			v.Change += images.Distance(x, s.images[probeView][normal][k]) / 2 / float64(e.seeds)
		}
		r.Text = append(r.Text, v)
	}
	return train.WriteGrid(e.picture("text", s), pictures, columns)
}

// against is the AUC of a finding's scores of images against those of others, of
// the same seeds.
func (e *evaluator) against(finding string, with, without [][]float64) metric.Interval {
	var list []metric.Scored
	for k := range with {
		list = append(list, metric.Scored{Score: with[k][e.outputs[finding]], Positive: true, Group: strconv.Itoa(k)},
			metric.Scored{Score: without[k][e.outputs[finding]], Group: strconv.Itoa(k)})
	}
	return *aucOf(list)
}

// probeTexts is the number of different texts.
func probeTexts() int {
	seen := map[string]bool{}
	for _, p := range probes {
		seen[p.text] = true
	}
	return len(seen)
}
