package sampler

import (
	"context"
	"fmt"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/internal/record"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// denoise takes a batch of b latents from noise to clean.
func (u *run) denoise(ctx context.Context, z []float32, b int) error {
	d := &denoiser{run: u, images: b, vectors: u.schedule.Vectors(len(z))}
	copy(d.vectors[0], z)
	u.report(0, nil)
	err := u.model.survive(ctx, func() error { return d.resume(ctx) })
	copy(z, d.vectors[0])
	return err
}

// denoiser takes a batch from noise to clean latents.
type denoiser struct {
	*run
	images int
	// done counts the steps that have come back from the device, and vectors
	// are those after them, from which another device resumes.
	done    int
	vectors [][]float32
	flight  []graph.Pending // of the steps after them, which are queued
}

// resume takes the steps that are left.
func (d *denoiser) resume(ctx context.Context) error {
	defer func() {
		for _, p := range d.flight {
			p.Drop()
		}
		d.flight = nil
	}()
	var unets [2]graph.Stepper // by the number of conditions, less 1; with contexts written; nil: to be had
	var now graph.Stepper
	for i := d.done; i < len(d.schedule.Steps); i++ {
		conditions := 1
		if d.guided && d.settings.GuidanceInterval.Has(d.schedule.Timesteps[i]) {
			conditions = 2
		}
		next := &unets[conditions-1]
		if *next == nil || *next != now {
			if err := d.drain(0); err != nil {
				return err
			}
			if err := d.begin(ctx, next, conditions); err != nil {
				return err
			}
			now = *next
		}
		if err := d.step(ctx, now, i); err != nil {
			return err
		}
		if err := d.drain(now.Ahead() - 1); err != nil {
			return err
		}
	}
	return d.drain(0)
}

// begin puts the vectors into the program of so many conditions.
func (d *denoiser) begin(ctx context.Context, s *graph.Stepper, conditions int) error {
	if *s == nil {
		p, err := d.unetFor(ctx, slices.Concat([][]condition{d.texts, d.nulls}[:conditions]...))
		if err != nil {
			return err
		}
		stepper, ok := p.Program.(graph.Stepper)
		if !ok || d.request.Trace != nil || len(d.request.Observe) > 0 { // which want every step's values here
			stepper = &hostStepper{program: p, denoiser: d}
		}
		*s = stepper
	}
	return (*s).Begin(graph.Loop{Input: record.Latent, Output: record.Out, Images: d.images, Conditions: conditions,
		Guidance: d.settings.Guidance, Rescale: d.settings.Rescale}, d.vectors)
}

// step queues step i.
func (d *denoiser) step(ctx context.Context, s graph.Stepper, i int) error {
	if err := s.Write(record.Timestep, []float32{float32(d.schedule.Timesteps[i])}); err != nil {
		return err
	}
	for _, stage := range []graph.Stage{graph.TimestepStage, graph.LatentStage} {
		if err := s.Run(ctx, stage); err != nil {
			return err
		}
	}
	var fresh []float32
	if d.schedule.Steps[i].DrawsNoise() {
		n := d.model.description.Model.LatentLen()
		fresh = make([]float32, d.images*n)
		for k := range d.images {
			noise.Latent(fresh[k*n:(k+1)*n], d.seed(k), 0, noise.StreamStep(i))
		}
	}
	if err := s.Step(d.schedule.Steps[i], fresh); err != nil {
		return err
	}
	p, err := s.Vectors()
	if err == nil {
		d.flight = append(d.flight, p)
	}
	return err
}

// drain waits until no more than so many steps are in flight, and reports
// those that have come back.
func (d *denoiser) drain(most int) error {
	for len(d.flight) > most {
		vectors := d.schedule.Vectors(len(d.vectors[0])) // a Progress keeps the old ones
		p := d.flight[0]
		d.flight = d.flight[1:]
		if err := p.Wait(vectors); err != nil {
			return err
		}
		d.trace(fmt.Sprintf("latent.%03d", d.done), d.shape(d.images), vectors[0])
		for _, v := range vectors {
			if err := finite(v, "step %d of %d (timestep %d)", d.done+1, len(d.schedule.Steps), d.schedule.Timesteps[d.done]); err != nil {
				return err
			}
		}
		d.vectors = vectors
		d.done++
		d.steps++
		d.report(d.done, vectors[1])
	}
	return nil
}

// hostStepper takes the steps of a program here.
type hostStepper struct {
	*program
	denoiser   *denoiser
	loop       graph.Loop
	vectors    [][]float32
	input      []float32
	prediction []float32
}

func (*hostStepper) Ahead() int { return 1 }

func (h *hostStepper) Begin(l graph.Loop, vectors [][]float32) error {
	h.loop, h.vectors = l, nil
	for _, v := range vectors {
		h.vectors = append(h.vectors, slices.Clone(v))
	}
	n := l.Conditions * len(vectors[0])
	h.input, h.prediction = make([]float32, n), make([]float32, n)
	return h.feed()
}

// feed writes the latents to the program's input.
func (h *hostStepper) feed() error {
	z := h.vectors[0]
	for c := range h.loop.Conditions {
		copy(h.input[c*len(z):], z)
	}
	return h.Write(h.loop.Input, h.input)
}

func (h *hostStepper) Step(factors [][]float64, noise []float32) error {
	if err := h.Read(h.loop.Output, h.prediction); err != nil {
		return err
	}
	if err := h.denoiser.observe(h.program, h.loop.Images, h.denoiser.done); err != nil {
		return err
	}
	text, null := h.prediction[:len(h.vectors[0])], h.prediction[len(h.vectors[0]):]
	if h.loop.Conditions > 1 {
		n := len(text) / h.loop.Images
		for k := range h.loop.Images {
			guided := text[k*n : (k+1)*n]
			schedule.Guide(guided, null[k*n:(k+1)*n], guided, h.loop.Guidance, h.loop.Rescale)
		}
	}
	h.denoiser.trace(fmt.Sprintf("prediction.%03d", h.denoiser.done), h.denoiser.shape(h.loop.Images), text)
	schedule.Step(factors).Apply(h.vectors, text, noise)
	return h.feed()
}

func (h *hostStepper) Vectors() (graph.Pending, error) { return arrived(h.vectors), nil }

// arrived are vectors that need not be waited for.
type arrived [][]float32

func (v arrived) Wait(dst [][]float32) error {
	for i := range dst {
		copy(dst[i], v[i])
	}
	return nil
}

func (arrived) Drop() {}
