//go:build libtorch

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/weights"
)

// run is a training in progress: parameters, their average, the optimizer.
type run struct {
	dir    string
	state  state
	params *libtorch.Params
	ema    *libtorch.EMA
	adamw  *libtorch.AdamW
}

func (r *run) save() error {
	m, v := r.adamw.Moments()
	var list []weights.Values
	add := func(prefix string, ps []*libtorch.Param) {
		for _, p := range ps {
			list = append(list, weights.Values{Name: prefix + p.Name, Shape: p.Shape, Float32: p.Values()})
		}
	}
	r.state.Updates = r.adamw.Steps
	if err := libtorch.Try(func() {
		add(prefixParam, r.params.All())
		add(prefixAverage, r.ema.Average.All())
		add(prefixM, m.All())
		add(prefixV, v.All())
	}); err != nil {
		return err
	}
	text, err := json.Marshal(r.state)
	if err != nil {
		return err
	}
	return weights.WritePlain(filepath.Join(r.dir, CheckpointFile), map[string]string{"roentgo.checkpoint": string(text)}, list)
}

// resume loads the checkpoint of the run's folder, if there is one.
func (r *run) resume() (bool, error) {
	path := filepath.Join(r.dir, CheckpointFile)
	f, err := weights.OpenPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	defer f.Close()
	var s state
	if err := json.Unmarshal([]byte(f.Metadata()["roentgo.checkpoint"]), &s); err != nil {
		return false, fmt.Errorf("%w: %s: %w", ErrCheckpoint, path, err)
	}
	if s.Kind != r.state.Kind || s.ModelJSON != r.state.ModelJSON || s.ScheduleJSON != "" && s.ScheduleJSON != r.state.ScheduleJSON {
		return false, fmt.Errorf("%w: %s is of another kind of training or another configuration (choose another --run folder)", ErrCheckpoint, path)
	}
	m, v := r.adamw.Moments()
	for prefix, ps := range map[string]*libtorch.Params{prefixParam: r.params, prefixAverage: r.ema.Average, prefixM: m, prefixV: v} {
		for _, p := range ps.All() {
			values, err := f.Float32(prefix + p.Name)
			if err != nil {
				return false, fmt.Errorf("%w: %s: %w", ErrCheckpoint, path, err)
			}
			if err := libtorch.Try(func() { p.Set(values) }); err != nil {
				return false, fmt.Errorf("%w: %s: %w", ErrCheckpoint, path, err)
			}
		}
	}
	s.ScheduleJSON = r.state.ScheduleJSON
	r.state, r.adamw.Steps = s, s.Updates
	return true, nil
}
