//go:build libtorch

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/weights"
)

// CheckpointFile is the state of a run in its folder: weights, their average
// and both moments of the optimizer, in float32.
const CheckpointFile = "checkpoint.safetensors"

// The prefixes of the tensors of a checkpoint.
const (
	prefixParam   = "param/"
	prefixAverage = "average/"
	prefixM       = "adamw.m/"
	prefixV       = "adamw.v/"
)

// state is what a run goes on from, beside its tensors.
type state struct {
	Kind      string  `json:"kind"` // "vae" or "diffusion"
	Step      int     `json:"step"` // optimizer steps taken
	Updates   int     `json:"updates"`
	Seconds   float64 `json:"seconds"`
	ModelJSON string  `json:"model"`
}

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

// ErrCheckpoint is wrapped by errors of a checkpoint that does not fit.
var ErrCheckpoint = errors.New("train: checkpoint refused")

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
	if s.Kind != r.state.Kind || s.ModelJSON != r.state.ModelJSON {
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
	r.state, r.adamw.Steps = s, s.Updates
	return true, nil
}

// Trained is the average of a run's weights, read from its checkpoint.
type Trained struct {
	file *weights.Plain
	Step int
	// Seconds that the training took.
	Seconds float64
	Model   string // the configuration as JSON
}

// OpenTrained opens the checkpoint of a run's folder, or another run's file.
func OpenTrained(dir string) (*Trained, error) {
	path := dir
	if st, err := os.Stat(dir); err == nil && st.IsDir() {
		path = filepath.Join(dir, CheckpointFile)
	}
	f, err := weights.OpenPlain(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	var s state
	if err := json.Unmarshal([]byte(f.Metadata()["roentgo.checkpoint"]), &s); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %s has no training state: %w", ErrCheckpoint, path, err)
	}
	return &Trained{file: f, Step: s.Step, Seconds: s.Seconds, Model: s.ModelJSON}, nil
}

// Has reports whether the parameter was trained in this run.
func (t *Trained) Has(name string) bool { return t.file.Has(prefixAverage + name) }

// Float32 returns the averaged values of a parameter.
func (t *Trained) Float32(name string) ([]float32, error) {
	return t.file.Float32(prefixAverage + name)
}

// Close closes the file.
func (t *Trained) Close() error { return t.file.Close() }
