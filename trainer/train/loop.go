//go:build libtorch

package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/roentgo/roentgo/internal/ending"
	"github.com/roentgo/roentgo/internal/peak"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// maxSkipped is how many steps in a row may have no finite gradient.
const maxSkipped = 50

// gridFormat names the grids in a run's folder.
const gridFormat = "grid-%06d.png"

// task is what differs between the trainings.
type task struct {
	kind            string
	options         any         // for run.json
	data            string      // [dataset.Prepared.Digest], or empty
	initial         runs.Source // or nil
	model, schedule string      // the configurations as JSON
	// loss runs forward pass k of a step and returns what to descend and what
	// to log.
	loss func(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64)
	// evaluate measures the averaged weights and draws a grid to the file.
	evaluate func(average *libtorch.Params, grid string) (map[string]float64, error)
	// after is called after each optimizer step; or nil.
	after func(step int, figures map[string]float64)
	// adversary has parameters of its own that go with the checkpoint; or nil.
	adversary *adversary
	// figure is the one of evaluate's by which the best weights are kept; sign
	// is 1 where less of it is better, else -1.
	figure string
	sign   float64
}

// runTask runs t to its last step, from the checkpoint in the folder if there is
// one. progress gets lines for people.
func runTask(ctx context.Context, c Common, t task, params *libtorch.Params, progress io.Writer) error {
	if err := c.validate(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Run, 0o755); err != nil {
		return err
	}
	var ema *libtorch.EMA
	var adamw *libtorch.AdamW
	if err := libtorch.Try(func() {
		ema = libtorch.NewEMA(params)
		adamw = libtorch.NewAdamW(params.Trainable(), 0.9, 0.999, 1e-8, c.WeightDecay)
	}); err != nil {
		return err
	}
	r := &run{Checkpoints: runs.Checkpoints{Dir: c.Run, Keep: c.Keep}, state: runs.State{Kind: t.kind, ModelJSON: t.model, ScheduleJSON: t.schedule, LossScale: 1}, adversary: t.adversary, params: params, ema: ema, adamw: adamw}
	if c.precision() == libtorch.F16 {
		r.state.LossScale = firstScale
	}
	resumed, err := r.resume()
	if err != nil {
		return err
	}
	r.state.Before = runs.TrainedBefore(t.kind, t.initial)
	begun, err := t.note()
	if err != nil {
		return err
	}
	if resumed {
		if err := begun.Check(c.Run, c.AllowChanges, progress); err != nil {
			return err
		}
		if done := r.state.Step; done >= c.Steps {
			past := map[bool]string{true: "", false: ", past"}[done == c.Steps]
			fmt.Fprintf(progress, "%s: already at step %d%s, nothing is left of %d steps (--steps with a larger number trains on)\n", t.kind, done, past, c.Steps)
			return nil
		}
	}
	if err := begun.Write(c.Run); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(c.Run, runs.LogFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	l := &loop{Common: c, task: t, run: r, log: log, progress: progress}
	if resumed {
		fmt.Fprintf(progress, "%s: resuming from step %d of %d\n", t.kind, r.state.Step, c.Steps)
	}
	return l.steps(ctx)
}

// note is what a run notes of its options and the machine.
func (t task) note() (runs.Note, error) {
	device := libtorch.CPU
	if libtorch.OnCUDA() {
		device = libtorch.CUDA
	}
	return runs.NewNote(t.kind, t.data, t.options, map[string]any{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "cpus": runtime.NumCPU(), "go": runtime.Version(), "libtorch": libtorch.Version(), "device": device})
}

type loop struct {
	Common
	task
	run      *run
	log      io.Writer
	progress io.Writer
}

func (l *loop) steps(ctx context.Context) error {
	defer ending.Hold()() // the steps since a checkpoint
	start, before := time.Now(), l.run.state.Seconds
	checkpointed, spoken, spokenStep := start, start, l.run.state.Step
	ops := l.ops(l.run.params)
	for l.run.state.Step < l.Steps {
		i := l.run.state.Step
		figures, err := l.step(ops, i)
		if err != nil {
			return errors.Join(err, l.run.save())
		}
		l.run.state.Step = i + 1
		l.run.state.Seconds = before + time.Since(start).Seconds()
		figures["step"], figures["seconds"] = float64(i+1), l.run.state.Seconds
		if figures["skipped"] == 1 {
			fmt.Fprintf(l.progress, "%s: step %d skipped: its gradient is not finite\n", l.kind, i+1)
			if l.run.state.Skipped >= maxSkipped {
				return errors.Join(fmt.Errorf("%w: the gradients of %d steps in a row are not finite (begin again with a lower --rate, or with --precision f32)", ErrDiverged, maxSkipped), l.write(figures))
			}
		}
		if l.EvaluateEvery > 0 && (i+1)%l.EvaluateEvery == 0 || i+1 == l.Steps {
			figures["peak_mb"] = float64(peak.Memory() / 1e6)
			err := l.measure(figures)
			if err == nil {
				err = l.keepBest(figures)
			}
			if err != nil {
				return errors.Join(err, l.run.save())
			}
		}
		if err := l.write(figures); err != nil {
			return errors.Join(err, l.run.save())
		}
		if now := time.Now(); now.Sub(spoken) > 10*time.Second || i+1 == l.Steps {
			rate := float64(i+1-spokenStep) / now.Sub(spoken).Seconds()
			fmt.Fprintf(l.progress, "%s: step %d of %d, loss %.4f, %.1f images/s, %s left, %d MB at most\n", l.kind, i+1, l.Steps,
				figures["loss"], rate*float64(l.Batch*l.Accumulate), (time.Duration(float64(l.Steps-i-1)/rate) * time.Second).Round(time.Second), peak.Memory()/1e6)
			spoken, spokenStep = now, i+1
		}
		if time.Since(checkpointed).Minutes() > l.CheckpointEvery {
			if err := l.run.save(); err != nil {
				return err
			}
			checkpointed = time.Now()
		}
		if ctx.Err() != nil || l.MaxMinutes > 0 && time.Since(start).Minutes() >= l.MaxMinutes {
			if l.run.state.Step < l.Steps {
				return errors.Join(fmt.Errorf("%w: at step %d of %d", runs.ErrStopped, l.run.state.Step, l.Steps), l.run.save())
			}
		}
	}
	return l.run.save()
}

// step is one optimizer step: Accumulate forward and backward passes.
func (l *loop) step(ops *libtorch.Ops, i int) (map[string]float64, error) {
	figures := map[string]float64{"rate": l.rateAt(i)}
	err := libtorch.Try(func() {
		for k := range l.Accumulate {
			func() {
				defer ops.Free()
				var loss libtorch.Tensor
				libtorch.Autocast(l.precision(), func() {
					var parts map[string]float64
					loss, parts = l.loss(ops, i, k)
					for name, v := range parts {
						figures[name] += v / float64(l.Accumulate)
					}
				})
				ops.Backward(ops.Scale(loss, l.run.state.LossScale/float64(l.Accumulate)))
			}()
		}
		scale := l.run.state.LossScale
		norm, ok := l.run.adamw.Step(l.rateAt(i), l.Clip, scale)
		figures["gradient_norm"] = norm
		if l.precision() == libtorch.F16 {
			figures["loss_scale"] = scale
			rescale(&l.run.state, ok)
		}
		if ok {
			l.run.state.Skipped = 0
			l.run.ema.Update(l.emaAt(i))
			if l.after != nil {
				l.after(i, figures)
			}
		} else {
			l.run.state.Skipped++
			figures["skipped"] = 1
			delete(figures, "gradient_norm") // JSON has no NaN
			for name, v := range figures {
				if v != v || v-v != 0 {
					delete(figures, name)
				}
			}
		}
	})
	return figures, err
}

func (l *loop) measure(figures map[string]float64) error {
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	var measured map[string]float64
	var err error
	if e := libtorch.Try(func() {
		measured, err = l.evaluate(l.run.ema.Average, filepath.Join(l.Run, fmt.Sprintf(gridFormat, l.run.state.Step)))
	}); e != nil {
		return e
	}
	text := ""
	for name, v := range measured {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.Join(err, fmt.Errorf("%w: %s of step %d is %g (begin again with a lower --rate, or with --precision f32)", ErrDiverged, name, l.run.state.Step, v))
		}
		figures[name] = v
		text += fmt.Sprintf(" %s %.4f", name, v)
	}
	fmt.Fprintf(l.progress, "%s: step %d:%s\n", l.kind, l.run.state.Step, text)
	return err
}

// keepBest saves the run beside its checkpoint when its held-out figure is the
// best so far.
func (l *loop) keepBest(figures map[string]float64) error {
	v, measured := figures[l.figure]
	if !measured || l.run.state.Best != nil && v*l.sign >= *l.run.state.Best*l.sign {
		return nil
	}
	l.run.state.Best = &v
	return l.run.saveAs(runs.BestFile)
}

func (l *loop) write(figures map[string]float64) error {
	line, err := json.Marshal(figures)
	if err != nil {
		return err
	}
	_, err = l.log.Write(append(line, '\n'))
	return err
}
