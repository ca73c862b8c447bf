package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/weights"
)

// Teacher is a trained diffusion model that another learns from.
type Teacher struct {
	Source
	Model    model.Config
	Schedule schedule.Config
	Encoder  *bert.Encoder // the frozen text encoder; nil: the model has its own, or reads no text
	Vocab    []string      // of the model's own text encoder

	close func() error
}

// OpenTeacher opens the run of a diffusion model, its folder or one of its
// checkpoints, or the files of a model. text is the folder of its frozen text encoder;
// "": where it was in a run's training, and for files the encoder in them, which then
// counts as the model's own.
func OpenTeacher(paths []string, text string) (Teacher, error) {
	if strings.HasSuffix(paths[0], weights.Extension) {
		return openTeacherFiles(paths, text)
	}
	if len(paths) > 1 {
		return Teacher{}, fmt.Errorf("%w: %s is a run; only model files complete each other", ErrOptions, paths[0])
	}
	trained, err := OpenTrained(paths[0])
	if err != nil {
		return Teacher{}, err
	}
	t := Teacher{Source: trained, close: trained.Close}
	if err := errors.Join(json.Unmarshal([]byte(trained.Model), &t.Model), json.Unmarshal([]byte(trained.Schedule), &t.Schedule)); err != nil {
		t.Close()
		return t, fmt.Errorf("%w: %s does not state its model and schedule: %w", ErrCheckpoint, paths[0], err)
	}
	t.Encoder, err = OpenEncoder(paths[0], text)
	if err == nil && t.Encoder == nil && t.Model.HasText() {
		t.Vocab, err = RunVocab(paths[0])
	}
	if err != nil {
		t.Close()
	}
	return t, err
}

// openTeacherFiles opens the files of a model.
func openTeacherFiles(paths []string, text string) (Teacher, error) {
	m, err := weights.Open(paths...)
	if err != nil {
		return Teacher{}, err
	}
	t := Teacher{Source: Initial{m}, close: m.Close}
	d, err := sampler.Describe(m)
	switch {
	case err != nil:
	case text != "":
		t.Encoder, err = bert.Open(text)
	case d.Model.HasText():
		t.Vocab, err = FileVocab(m)
	}
	if err != nil {
		t.Close()
	}
	t.Model, t.Schedule = d.Model, d.Schedule
	return t, err
}

// Close closes its files.
func (t Teacher) Close() error {
	var err error
	if t.Encoder != nil {
		err = t.Encoder.Close()
	}
	return errors.Join(err, t.close())
}
