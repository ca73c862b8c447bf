//go:build libtorch

package main

import (
	"context"
	"fmt"
	"image"
	"path/filepath"

	"gonum.org/v1/plot/plotter"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// The curve of quality over the number of steps.
var curveSteps = []int{4, 8, 15, 20, 30}

const (
	curveSeeds     = 4   // per prompt
	curveReference = 100 // steps of what all are compared with
)

// curvePrompts are those that the curve is measured on.
var curvePrompts = []string{"PA chest x-ray, normal chest", "AP chest x-ray showing cardiomegaly", "PA chest x-ray showing pleural effusion"}

// curvePoint is what a solver reaches in a number of steps.
type curvePoint struct {
	Sampler string `json:"sampler"`
	Spacing string `json:"spacing"`
	Steps   int    `json:"steps"`
	// Detail is the power above a quarter of the Nyquist frequency, as a part of
	// that of real images.
	Detail float64 `json:"detail"`
	// Distance is the mean distance to the images of many steps and the same seeds,
	// where the grey range is 1.
	Distance float64 `json:"distance"`
}

// curve samples a few prompts with every solver and spacing at several counts of
// steps, at the model's guidance. Its picture has a row per solver and spacing and
// a column per count, the reference last.
func (e *evaluator) curve(ctx context.Context) (points []curvePoint, err error) {
	d := e.sampler.Description()
	sample := func(r sampler.Request) (list [][]float32, err error) {
		for _, text := range curvePrompts {
			r.Prompt, r.Count = text, curveSeeds
			for img, err := range e.sampler.Images(ctx, r) {
				if err != nil {
					return nil, err
				}
				if err := metric.Clamp(img.Pix); err != nil {
					return nil, fmt.Errorf("%s %s, %d steps, %q: %w", r.Sampler, r.Spacing, r.Steps, text, err)
				}
				list = append(list, img.Pix)
				e.progress.one(fmt.Sprintf("%s %s, %d steps", r.Sampler, r.Spacing, r.Steps))
			}
		}
		return list, nil
	}
	reference, err := sample(sampler.Request{Sampler: schedule.UniPC, Spacing: schedule.Trailing, Steps: min(curveReference, d.Schedule.TrainTimesteps)})
	if err != nil {
		return nil, err
	}
	var pictures []*image.Gray
	var detail, distance []curve
	for _, solver := range schedule.Samplers() {
		for _, spacing := range d.Schedule.Spacings() {
			name := solver + " " + spacing
			lines := [2]curve{{name: name}, {name: name}}
			for k, n := range curveSteps {
				list, err := sample(sampler.Request{Sampler: solver, Spacing: spacing, Steps: min(n, d.Schedule.TrainTimesteps)})
				if err != nil {
					return nil, err
				}
				p := curvePoint{Sampler: solver, Spacing: spacing, Steps: n, Detail: metric.Detail(metric.Spectrum(list, e.data.Size()), e.spectrum)}
				for i, x := range list {
					p.Distance += images.Distance(x, reference[i]) / 2 / float64(len(list))
				}
				points = append(points, p)
				lines[0].points = append(lines[0].points, plotter.XY{X: float64(n), Y: p.Detail})
				lines[1].points = append(lines[1].points, plotter.XY{X: float64(n), Y: p.Distance})
				img := train.Gray(list[2*curveSeeds], e.data.Size())
				if k == 0 {
					write(img, name)
				}
				pictures = append(pictures, img)
			}
			pictures = append(pictures, train.Gray(reference[2*curveSeeds], e.data.Size()))
			detail, distance = append(detail, lines[0]), append(distance, lines[1])
		}
	}
	if err := train.WriteGrid(filepath.Join(e.out, "curve-images.png"), pictures, len(curveSteps)+1); err != nil {
		return nil, err
	}
	return points, plotCurve(filepath.Join(e.out, "curve.png"), detail, distance)
}

// curveImages is the number of images that the curve takes.
func (e *evaluator) curveImages() int {
	d := e.sampler.Description()
	return len(curvePrompts) * curveSeeds * (1 + len(curveSteps)*len(schedule.Samplers())*len(d.Schedule.Spacings()))
}
