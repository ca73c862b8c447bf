//go:build libtorch

package train

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// DistillOptions are those of [Distill].
type DistillOptions struct {
	DiffusionOptions
	// Teacher has the weights of a trained diffusion model of the same
	// configuration and the same text encoder.
	Teacher runs.Source `json:"-"`
	// Guidance is the scale of the teacher's guidance, at the timesteps of
	// GuidanceInterval; 1 is none.
	Guidance         float64           `json:"guidance"`
	GuidanceInterval schedule.Interval `json:"guidance_interval"`
	// GuideWithinView has the teacher guided away from all images of the view that
	// a caption states, as samplers do for a model with the option of that name.
	GuideWithinView bool `json:"guide_within_view"`
	// StudentSteps is the number of DDIM steps that the student learns to sample
	// in, from a teacher that takes two for each. 0: the student learns what the
	// guided teacher predicts, at every timestep.
	StudentSteps int `json:"student_steps"`
	// Spacing is that of the steps, both the student's and the teacher's.
	Spacing string `json:"spacing"`
}

// teacherFigure is the held-out error of a student against its teacher.
const teacherFigure = "test_teacher"

// mostStudentSteps bounds StudentSteps: the teacher takes twice as many.
const mostStudentSteps = 250

// Distill trains a diffusion model by another. First a student learns to predict
// in one pass what a guided teacher predicts in two (Meng et al. 2023, arXiv
// 2210.03142, stage one, at one scale of guidance); then students learn, one
// from the other, to take one step of DDIM where their teacher takes two
// (Salimans and Ho 2022, arXiv 2202.00512, algorithm 2).
func Distill(ctx context.Context, data *dataset.Prepared, o DistillOptions, progress io.Writer) error {
	switch {
	case o.Teacher == nil:
		return fmt.Errorf("%w: distillation needs a teacher", runs.ErrOptions)
	case o.StudentSteps < 0 || o.StudentSteps > mostStudentSteps:
		return fmt.Errorf("%w: %d steps of a student are not 0 to %d", runs.ErrOptions, o.StudentSteps, mostStudentSteps)
	case !(o.Guidance >= 1 && o.Guidance <= 100):
		return fmt.Errorf("%w: a guidance of %g is not in [1, 100]", runs.ErrOptions, o.Guidance)
	case o.Schedule.Prediction != schedule.VPrediction:
		return fmt.Errorf("%w: distillation needs the objective v, not %s", runs.ErrOptions, o.Schedule.Prediction)
	}
	if o.Init == nil {
		o.Init = o.Teacher
	}
	return diffuse(ctx, data, o.DiffusionOptions, &o, progress)
}

// distiller is a diffusion training whose targets a teacher gives.
type distiller struct {
	*diffusion
	by      DistillOptions
	teacher *libtorch.Params // that need no gradient, so that no graph is kept
	ops     *libtorch.Ops    // of the teacher
	times   []int            // of the teacher's sampler, two for each of the student's steps
}

// distilled has d learn from the teacher of o.
func (d *diffusion) distilled(o DistillOptions, specs []graph.Spec) (*distiller, error) {
	s := &distiller{diffusion: d, by: o}
	if o.StudentSteps > 0 {
		sampler, err := d.schedule.NewSampler(schedule.Options{Sampler: schedule.DDIM, Spacing: o.Spacing, Steps: 2 * o.StudentSteps})
		if err != nil {
			return nil, err
		}
		s.times = sampler.Timesteps
		d.timestep = func(u float64) int { return s.times[2*int(u*float64(o.StudentSteps))] }
		d.grids.steps, d.grids.spacing = o.StudentSteps, o.Spacing
	}
	d.grids.guidance = 1
	var lacking []string
	var err error
	if e := libtorch.Try(func() { s.teacher, lacking, err = newParams(specs, o.Teacher, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		s.teacher.Free()
		return nil, fmt.Errorf("%w: the teacher lacks %d parameters of this configuration, %q first", runs.ErrOptions, len(lacking), lacking[0])
	}
	s.ops = libtorch.NewOps(s.teacher)
	d.teach = s.targets
	return s, nil
}

// targets are what the student should predict for a batch.
func (s *distiller) targets(in inputs) []float32 {
	if s.by.StudentSteps == 0 {
		return s.guided(in.x, in.times, in.captions)
	}
	middle, last := make([]float32, len(in.times)), make([]float32, len(in.times))
	for b, t := range in.times {
		i := slices.Index(s.times, int(t))
		middle[b], last[b] = float32(s.times[i+1]), clean
		if i+2 < len(s.times) {
			last[b] = float32(s.times[i+2])
		}
	}
	z := ddim(s.schedule, in.x, s.guided(in.x, in.times, in.captions), in.times, middle)
	z = ddim(s.schedule, z, s.guided(z, middle, in.captions), middle, last)
	return ddimPredictions(s.schedule, in.x, z, in.times, last)
}

// guided is what the teacher predicts, with its guidance where there is a
// caption and the interval has the timestep.
func (s *distiller) guided(x, times []float32, captions []string) []float32 {
	y := s.predict(x, times, captions)
	if s.by.Guidance == 1 {
		return y
	}
	away := make([]string, len(captions))
	if s.by.GuideWithinView {
		for b, text := range captions {
			away[b] = prompt.Away(text)
		}
	}
	null := s.predict(x, times, away)
	n := s.Model.LatentLen()
	for b, text := range captions {
		if text != "" && s.by.GuidanceInterval.Has(int(times[b])) {
			schedule.Guide(y[b*n:(b+1)*n], null[b*n:(b+1)*n], y[b*n:(b+1)*n], s.by.Guidance, 0)
		}
	}
	return y
}

// predict runs the teacher.
func (s *distiller) predict(x, times []float32, captions []string) []float32 {
	defer s.ops.Free()
	cfg := s.Model
	context, mask := s.context(s.ops, captions)
	size := cfg.LatentSize()
	return s.ops.Float(model.UNet(s.ops, cfg, s.ops.Tensor(x, len(captions), cfg.LatentChannels, size, size), s.ops.Tensor(times, len(captions)), context, mask)).Values()
}

// evaluate measures the error against the teacher on held-out images, at fixed
// noise, timesteps and captions, and samples a grid as the student is meant to.
func (s *distiller) evaluate(average *libtorch.Params, grid string) (map[string]float64, error) {
	ops := libtorch.NewOps(average)
	var sum float64
	for i := 0; i < len(s.test); i += evaluationBatch {
		part := s.test[i:min(i+evaluationBatch, len(s.test))]
		batch := make([]example, len(part))
		for b, index := range part {
			u := float64((i+b)*397%s.schedule.TrainTimesteps) / float64(s.schedule.TrainTimesteps)
			batch[b] = example{image: index, caption: s.caption(index, 0), timestep: s.timestep(u)}
		}
		sum += s.lossOf(ops, batch, i) * float64(len(part))
	}
	figures := map[string]float64{teacherFigure: sum / float64(len(s.test))}
	effect, err := s.grid(average, grid)
	figures["effect"] = effect
	return figures, err
}
