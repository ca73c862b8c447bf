package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/weights"
)

// Source gives parameter values that already exist.
type Source interface {
	Float32(name string) ([]float32, error)
	Has(name string) bool
}

// CheckpointFile is the state of a run in its folder: weights, their average
// and both moments of the optimizer, in float32.
const CheckpointFile = "checkpoint.safetensors"

// BestFile is the state of a run at the evaluation whose held-out figure is the
// best so far, as CheckpointFile.
const BestFile = "best.safetensors"

// OptionsFile says, in a run's folder, with which options and on what machine
// it was begun or last gone on with.
const OptionsFile = "run.json"

// logFile is the log of a run, in its folder: a JSON object a step.
const logFile = "log.jsonl"

// The prefixes of the tensors of a checkpoint.
const (
	prefixParam   = "param/"
	prefixAverage = "average/"
	prefixM       = "adamw.m/"
	prefixV       = "adamw.v/"
)

// state is what a run goes on from, beside its tensors.
type state struct {
	Kind    string  `json:"kind"` // "vae" or "diffusion"
	Step    int     `json:"step"` // optimizer steps taken
	Updates int     `json:"updates"`
	Seconds float64 `json:"seconds"`
	// Before is the training that the initial file had.
	Before runSummary `json:"before"`
	// AdversaryUpdates are the steps of a discriminator.
	AdversaryUpdates int `json:"adversary_updates,omitempty"`
	Skipped          int `json:"skipped,omitempty"` // steps in a row, the last among them, without a finite gradient
	// LossScale is what the loss is multiplied by, against the underflow of
	// float16 (Micikevicius et al. 2018): 1 in other precisions.
	LossScale float64 `json:"loss_scale"`
	GoodSteps int     `json:"good_steps,omitempty"` // since it last changed
	// Best is the best held-out figure so far.
	Best      *float64 `json:"best,omitempty"`
	ModelJSON string   `json:"model"`
	// ScheduleJSON is that of a diffusion training.
	ScheduleJSON string `json:"schedule,omitempty"`
}

// ErrCheckpoint is wrapped by errors of a checkpoint that does not fit.
var ErrCheckpoint = errors.New("train: checkpoint refused")

// Trained is the average of a run's weights, read from its checkpoint.
type Trained struct {
	file *weights.Plain
	path string // of the file
	Step int
	// Seconds that the training took.
	Seconds float64
	// Before is the training that the run's initial file had.
	Before runSummary
	// Model and Schedule are the configurations as JSON.
	Model, Schedule string
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
	return &Trained{file: f, path: path, Step: s.Step, Seconds: s.Seconds, Before: s.Before, Model: s.ModelJSON, Schedule: s.ScheduleJSON}, nil
}

// Has reports whether the parameter was trained in this run.
func (t *Trained) Has(name string) bool { return t.file.Has(prefixAverage + name) }

// Float32 returns the averaged values of a parameter.
func (t *Trained) Float32(name string) ([]float32, error) {
	return t.file.Float32(prefixAverage + name)
}

// Close closes the file.
func (t *Trained) Close() error { return t.file.Close() }
