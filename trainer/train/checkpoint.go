//go:build libtorch

package train

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// The loss scale of float16: where it begins, and after how many steps without
// an overflow it is doubled.
const (
	firstScale = 1 << 16
	raiseAfter = 2000
)

// rescale halves the scale after a step that overflowed, and doubles it after
// many that did not.
func rescale(s *runs.State, ok bool) {
	if !ok {
		s.LossScale, s.GoodSteps = max(s.LossScale/2, 1), 0
		return
	}
	if s.GoodSteps++; s.GoodSteps == raiseAfter {
		s.LossScale, s.GoodSteps = min(s.LossScale*2, 1<<24), 0
	}
}

// run is a training in progress: parameters, their average, the optimizer.
type run struct {
	runs.Checkpoints
	state  runs.State
	params *libtorch.Params
	ema    *libtorch.EMA
	adamw  *libtorch.AdamW

	adversary *adversary // or nil
}

// save writes the checkpoint and keeps some of those before it.
func (r *run) save() error {
	list, err := r.tensors()
	if err != nil {
		return err
	}
	return r.Save(r.state, list)
}

// saveAs writes the state of the run to a file of its folder.
func (r *run) saveAs(name string) error {
	list, err := r.tensors()
	if err != nil {
		return err
	}
	return r.Write(name, r.state, list)
}

// tensors are those of a checkpoint. They bring the state's counts of updates up
// to date.
func (r *run) tensors() (list []weights.Values, err error) {
	add := func(prefix string, ps []*libtorch.Param) {
		for _, p := range ps {
			list = append(list, weights.Values{Name: prefix + p.Name, Shape: p.Shape, Float32: p.Values()})
		}
	}
	m, v := r.adamw.Moments()
	r.state.Updates = r.adamw.Steps
	err = libtorch.Try(func() {
		add(runs.PrefixParam, r.params.All())
		add(runs.PrefixAverage, r.ema.Average.All())
		add(runs.PrefixM, m.All())
		add(runs.PrefixV, v.All())
		if a := r.adversary; a != nil {
			r.state.AdversaryUpdates = a.adamw.Steps
			m, v := a.adamw.Moments()
			add(runs.PrefixParam, a.params.All())
			add(runs.PrefixM, m.All())
			add(runs.PrefixV, v.All())
		}
	})
	return list, err
}

// resume loads the checkpoint of the run's folder, if there is one.
func (r *run) resume() (bool, error) {
	f, s, err := r.Open(r.state)
	if f == nil || err != nil {
		return false, err
	}
	defer f.Close()
	m, v := r.adamw.Moments()
	sets := map[string][]*libtorch.Param{runs.PrefixParam: r.params.All(), runs.PrefixAverage: r.ema.Average.All(), runs.PrefixM: m.All(), runs.PrefixV: v.All()}
	if a := r.adversary; a != nil {
		m, v := a.adamw.Moments()
		sets[runs.PrefixParam] = slices.Concat(sets[runs.PrefixParam], a.params.All())
		sets[runs.PrefixM], sets[runs.PrefixV] = slices.Concat(sets[runs.PrefixM], m.All()), slices.Concat(sets[runs.PrefixV], v.All())
		a.adamw.Steps = s.AdversaryUpdates
	}
	for prefix, ps := range sets {
		for _, p := range ps {
			values, err := f.Float32(prefix + p.Name)
			if err == nil {
				err = libtorch.Try(func() { p.Set(values) })
			}
			if err != nil {
				return false, fmt.Errorf("%w: %s: %w", runs.ErrCheckpoint, filepath.Join(r.Dir, runs.CheckpointFile), err)
			}
		}
	}
	s.ScheduleJSON = r.state.ScheduleJSON
	r.state, r.adamw.Steps = s, s.Updates
	return true, nil
}
