//go:build libtorch

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/metric"
)

// samples are the images of all prompts at one guidance, by view and finding:
// seeds from 0, each image within [−1, 1]; and what the classifier says.
type samples struct {
	guidance float64
	images   map[string]map[string][][]float32
	scores   map[string]map[string][][]float64
	unasked  [][]float64 // scores of images of no text
}

func (e *evaluator) sampleAll(ctx context.Context, guidance float64) (*samples, error) {
	s := &samples{guidance: guidance, images: map[string]map[string][][]float32{}, scores: map[string]map[string][][]float64{}}
	for _, view := range evalViews {
		s.images[view], s.scores[view] = map[string][][]float32{}, map[string][][]float64{}
		for _, finding := range evalFindings() {
			list, err := e.sample(ctx, promptOf(view, finding), guidance)
			if err != nil {
				return nil, err
			}
			s.images[view][finding] = list
			if s.scores[view][finding], err = e.judge.Scores(list); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// all lists all images, and the finding of each.
func (s *samples) all() (images [][]float32, findings []string) {
	for _, view := range evalViews {
		for _, finding := range evalFindings() {
			images = append(images, s.images[view][finding]...)
			for range s.images[view][finding] {
				findings = append(findings, finding)
			}
		}
	}
	return images, findings
}

// sample makes the images of a prompt, seeds from 0.
func (e *evaluator) sample(ctx context.Context, prompt string, guidance float64) ([][]float32, error) {
	var list [][]float32
	for img, err := range e.sampler.Images(ctx, sampler.Request{Prompt: prompt, Count: e.seeds, Guidance: guidance}) {
		if err != nil {
			return nil, err
		}
		if err := metric.Clamp(img.Pix); err != nil {
			return nil, fmt.Errorf("%q, seed %d: %w", prompt, len(list), err)
		}
		list = append(list, img.Pix)
		e.progress.one(fmt.Sprintf("guidance %g, %q", guidance, prompt))
	}
	return list, nil
}

// progress reports every few seconds how many images are there.
type progress struct {
	command     string // that makes the images
	done, total int
	begun, said time.Time
}

func (p *progress) one(what string) {
	now := time.Now()
	if p.done == 0 {
		p.begun = now
	}
	p.done++
	if now.Sub(p.said) < 5*time.Second && p.done < p.total {
		return
	}
	p.said = now
	left := "?"
	if p.done > 1 {
		each := now.Sub(p.begun) / time.Duration(p.done-1)
		left = (each * time.Duration(p.total-p.done)).Round(time.Second).String()
	}
	fmt.Fprintf(os.Stderr, "%s: image %d of %d (%s), %s left\n", p.command, p.done, p.total, what, left)
}
