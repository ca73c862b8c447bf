//go:build libtorch

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/weights"
)

// earlierFormat names the checkpoints before the last, by their step.
const (
	earlierFormat = "checkpoint-%08d.safetensors"
	earlierGlob   = "checkpoint-*.safetensors"
)

// The loss scale of float16: where it begins, and after how many steps without
// an overflow it is doubled.
const (
	firstScale = 1 << 16
	raiseAfter = 2000
)

// rescale halves the scale after a step that overflowed, and doubles it after
// many that did not.
func (s *state) rescale(ok bool) {
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
	dir    string
	keep   int // checkpoints
	state  state
	params *libtorch.Params
	ema    *libtorch.EMA
	adamw  *libtorch.AdamW

	adversary *adversary // or nil
}

// save writes the checkpoint and keeps some of those before it.
func (r *run) save() error {
	path := filepath.Join(r.dir, CheckpointFile)
	if step, ok := stepOf(path); ok && r.keep > 1 && step != r.state.Step {
		if err := keepAs(path, filepath.Join(r.dir, fmt.Sprintf(earlierFormat, step))); err != nil {
			// The new one matters more.
			fmt.Fprintf(os.Stderr, "the checkpoint of step %d is not kept beside the new one: %v\n", step, err)
		}
	}
	if err := r.saveAs(CheckpointFile); err != nil {
		return err
	}
	earlier, err := filepath.Glob(filepath.Join(r.dir, earlierGlob))
	if err != nil {
		return err
	}
	slices.Sort(earlier)
	for len(earlier) > r.keep-1 {
		if err := os.Remove(earlier[0]); err != nil {
			return err
		}
		earlier = earlier[1:]
	}
	return nil
}

// keepAs gives a file a second name, so that the new file can replace the first
// in one operation. It copies the file if the file system has no hard links.
func keepAs(path, name string) error {
	if err := os.Link(path, name); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return atomicfile.Write(name, true, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// stepOf is the step of a checkpoint; false where it cannot be read.
func stepOf(path string) (int, bool) {
	t, err := OpenTrained(path)
	if err != nil {
		return 0, false
	}
	defer t.Close()
	return t.Step, true
}

// saveAs writes the state of the run to a file of its folder.
func (r *run) saveAs(name string) error {
	m, v := r.adamw.Moments()
	var list []weights.Values
	add := func(prefix string, ps []*libtorch.Param) {
		for _, p := range ps {
			list = append(list, weights.Values{Name: prefix + p.Name, Shape: p.Shape, Float32: p.Values()})
		}
	}
	r.state.Updates = r.adamw.Steps
	text := func() string {
		text, err := json.Marshal(r.state)
		if err != nil {
			panic(err) // numbers and strings
		}
		return string(text)
	}
	if err := libtorch.Try(func() {
		add(prefixParam, r.params.All())
		add(prefixAverage, r.ema.Average.All())
		add(prefixM, m.All())
		add(prefixV, v.All())
		if a := r.adversary; a != nil {
			r.state.AdversaryUpdates = a.adamw.Steps
			m, v := a.adamw.Moments()
			add(prefixParam, a.params.All())
			add(prefixM, m.All())
			add(prefixV, v.All())
		}
	}); err != nil {
		return err
	}
	return weights.WritePlain(filepath.Join(r.dir, name), map[string]string{"roentgo.checkpoint": text()}, list)
}

// refuseEarlier stops a run that would start over in the folder of an earlier one.
func (r *run) refuseEarlier(path string) error {
	earlier, err := filepath.Glob(filepath.Join(r.dir, earlierGlob))
	if err != nil || len(earlier) == 0 {
		return err
	}
	slices.Sort(earlier)
	return fmt.Errorf("%w: %s is missing; to go on from the one before it, rename %s to that", ErrCheckpoint, path, filepath.Base(earlier[len(earlier)-1]))
}

// sameModel reports whether two configurations, as JSON, shape the same
// networks of a kind of training. An autoencoder's run states the U-Net and the
// text encoder of its preset too, which may have changed since.
func sameModel(kind, a, b string) bool {
	if kind != "vae" {
		return a == b
	}
	var of [2]model.Config
	for i, text := range []string{a, b} {
		if json.Unmarshal([]byte(text), &of[i]) != nil {
			return false
		}
	}
	return reflect.DeepEqual(of[0].Autoencoder(), of[1].Autoencoder())
}

// resume loads the checkpoint of the run's folder, if there is one.
func (r *run) resume() (bool, error) {
	path := filepath.Join(r.dir, CheckpointFile)
	f, err := weights.OpenPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, r.refuseEarlier(path)
	}
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	defer f.Close()
	s := state{LossScale: 1}
	if err := json.Unmarshal([]byte(f.Metadata()["roentgo.checkpoint"]), &s); err != nil {
		return false, fmt.Errorf("%w: %s: %w", ErrCheckpoint, path, err)
	}
	if s.Kind != r.state.Kind || !sameModel(s.Kind, s.ModelJSON, r.state.ModelJSON) || s.ScheduleJSON != "" && s.ScheduleJSON != r.state.ScheduleJSON {
		return false, fmt.Errorf("%w: %s is of another kind of training or another configuration (choose another --run folder)", ErrCheckpoint, path)
	}
	m, v := r.adamw.Moments()
	sets := map[string][]*libtorch.Param{prefixParam: r.params.All(), prefixAverage: r.ema.Average.All(), prefixM: m.All(), prefixV: v.All()}
	if a := r.adversary; a != nil {
		m, v := a.adamw.Moments()
		sets[prefixParam] = slices.Concat(sets[prefixParam], a.params.All())
		sets[prefixM], sets[prefixV] = slices.Concat(sets[prefixM], m.All()), slices.Concat(sets[prefixV], v.All())
		a.adamw.Steps = s.AdversaryUpdates
	}
	for prefix, ps := range sets {
		for _, p := range ps {
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
