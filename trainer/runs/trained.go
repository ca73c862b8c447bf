package runs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/internal/digest"
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
// it was started or last resumed.
const OptionsFile = "run.json"

// LogFile is the log of a run, in its folder: one JSON object per step.
const LogFile = "log.jsonl"

// The prefixes of the tensors of a checkpoint.
const (
	PrefixParam   = "param/"
	PrefixAverage = "average/"
	PrefixM       = "adamw.m/"
	PrefixV       = "adamw.v/"
)

// State is what a run resumes from, beside its tensors.
type State struct {
	Kind    string  `json:"kind"` // "vae" or "diffusion"
	Step    int     `json:"step"` // optimizer steps taken
	Updates int     `json:"updates"`
	Seconds float64 `json:"seconds"`
	// Before is the training that the initial file had.
	Before Summary `json:"before"`
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

// stateKey names the state in the metadata of a checkpoint.
const stateKey = "roentgo.checkpoint"

// Metadata is the state as the metadata of a checkpoint.
func (s State) Metadata() map[string]string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // numbers and strings
	}
	return map[string]string{stateKey: string(text)}
}

// stateOf reads the state of a checkpoint.
func stateOf(f *weights.Plain, path string) (State, error) {
	s := State{LossScale: 1}
	if err := json.Unmarshal([]byte(f.Metadata()[stateKey]), &s); err != nil {
		return s, fmt.Errorf("%w: %s has no training state: %w", ErrCheckpoint, path, err)
	}
	return s, nil
}

// Trained is the average of a run's weights, read from its checkpoint.
type Trained struct {
	file *weights.Plain
	path string // of the file
	Step int
	// Seconds that the training took.
	Seconds float64
	// Before is the training that the run's initial file had.
	Before Summary
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
	s, err := stateOf(f, path)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Trained{file: f, path: path, Step: s.Step, Seconds: s.Seconds, Before: s.Before, Model: s.ModelJSON, Schedule: s.ScheduleJSON}, nil
}

// Has reports whether the parameter was trained in this run.
func (t *Trained) Has(name string) bool { return t.file.Has(PrefixAverage + name) }

// Float32 returns the averaged values of a parameter.
func (t *Trained) Float32(name string) ([]float32, error) {
	return t.file.Float32(PrefixAverage + name)
}

// Hash is the SHA-256 of the file, in hexadecimal.
func (t *Trained) Hash() (string, error) {
	hash, _, err := digest.File(t.path)
	return hash, err
}

// Close closes the file.
func (t *Trained) Close() error { return t.file.Close() }
