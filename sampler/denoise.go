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
	w := &walk{run: u, images: b, vectors: u.sampler.Vectors(len(z))}
	copy(w.vectors[0], z)
	u.report(0, nil)
	err := u.survive(ctx, func() error { return w.goOn(ctx) })
	copy(z, w.vectors[0])
	return err
}

// walk is the way of a batch from noise to clean latents.
type walk struct {
	*run
	images int
	// done counts the steps that have come back from the device, and vectors
	// are those after them, with which another device goes on.
	done    int
	vectors [][]float32
	flight  []graph.Pending // of the steps after them, which are queued
}

// goOn takes the steps that are left.
func (w *walk) goOn(ctx context.Context) error {
	defer func() {
		for _, p := range w.flight {
			p.Drop()
		}
		w.flight = nil
	}()
	var unets [2]graph.Stepper // by the number of conditions, less 1; with contexts written; nil: to be had
	var now graph.Stepper
	for i := w.done; i < len(w.sampler.Steps); i++ {
		conditions := 1
		if w.guided && w.settings.GuidanceInterval.Has(w.sampler.Timesteps[i]) {
			conditions = 2
		}
		next := &unets[conditions-1]
		if *next == nil || *next != now {
			if err := w.arrived(0); err != nil {
				return err
			}
			if err := w.begin(ctx, next, conditions); err != nil {
				return err
			}
			now = *next
		}
		if err := w.step(ctx, now, i); err != nil {
			return err
		}
		if err := w.arrived(now.Ahead() - 1); err != nil {
			return err
		}
	}
	return w.arrived(0)
}

// begin puts the vectors into the program of so many conditions.
func (w *walk) begin(ctx context.Context, s *graph.Stepper, conditions int) error {
	if *s == nil {
		p, err := w.unetFor(ctx, slices.Concat([][]condition{w.texts, w.nulls}[:conditions]...))
		if err != nil {
			return err
		}
		stepper, ok := p.Program.(graph.Stepper)
		if !ok || w.request.Trace != nil || len(w.request.Observe) > 0 { // which want every step's values here
			stepper = &hostStepper{program: p, walk: w}
		}
		*s = stepper
	}
	return (*s).Begin(graph.Loop{Input: record.Latent, Output: record.Out, Images: w.images, Conditions: conditions,
		Guidance: w.settings.Guidance, Rescale: w.settings.Rescale}, w.vectors)
}

// step queues step i.
func (w *walk) step(ctx context.Context, s graph.Stepper, i int) error {
	if err := s.Write(record.Timestep, []float32{float32(w.sampler.Timesteps[i])}); err != nil {
		return err
	}
	for _, stage := range []graph.Stage{graph.TimestepStage, graph.LatentStage} {
		if err := s.Run(ctx, stage); err != nil {
			return err
		}
	}
	var fresh []float32
	if w.sampler.Steps[i].DrawsNoise() {
		n := w.description.Model.LatentLen()
		fresh = make([]float32, w.images*n)
		for k := range w.images {
			noise.Latent(fresh[k*n:(k+1)*n], w.seed(k), 0, noise.StreamStep(i))
		}
	}
	if err := s.Step(w.sampler.Steps[i], fresh); err != nil {
		return err
	}
	p, err := s.Vectors()
	if err == nil {
		w.flight = append(w.flight, p)
	}
	return err
}

// arrived waits until no more than so many steps are in flight, and reports
// those that have arrived.
func (w *walk) arrived(most int) error {
	for len(w.flight) > most {
		vectors := w.sampler.Vectors(len(w.vectors[0])) // a Progress keeps the old ones
		p := w.flight[0]
		w.flight = w.flight[1:]
		if err := p.Wait(vectors); err != nil {
			return err
		}
		w.trace(fmt.Sprintf("latent.%03d", w.done), w.shape(w.images), vectors[0])
		for _, v := range vectors {
			if err := finite(v, "step %d of %d (timestep %d)", w.done+1, len(w.sampler.Steps), w.sampler.Timesteps[w.done]); err != nil {
				return err
			}
		}
		w.vectors = vectors
		w.done++
		w.steps++
		w.report(w.done, vectors[1])
	}
	return nil
}

// hostStepper takes the steps of a program here.
type hostStepper struct {
	*program
	walk       *walk
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
	if err := h.walk.observe(h.program, h.loop.Images, h.walk.done); err != nil {
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
	h.walk.trace(fmt.Sprintf("prediction.%03d", h.walk.done), h.walk.shape(h.loop.Images), text)
	schedule.Step(factors).Apply(h.vectors, text, noise)
	return h.feed()
}

func (h *hostStepper) Vectors() (graph.Pending, error) { return here(h.vectors), nil }

// here are vectors that need not be waited for.
type here [][]float32

func (v here) Wait(dst [][]float32) error {
	for i := range dst {
		copy(dst[i], v[i])
	}
	return nil
}

func (here) Drop() {}
