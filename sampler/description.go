package sampler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/record"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// ErrModel is wrapped by errors of a model file that opens and yet is no model
// of this sampler: a configuration out of bounds, a tensor that is missing,
// extra or of another shape.
var ErrModel = errors.New("sampler: model refused")

// Description is what the roentgo.config of a model file holds.
type Description struct {
	Model    model.Config    `json:"model"`
	Schedule schedule.Config `json:"schedule"`
	Sampling Defaults        `json:"sampling"`
}

// Defaults are a model's own settings, for what a request leaves open.
type Defaults struct {
	schedule.Options

	// GuideWithinView has guidance go away from all images of the view that a
	// prompt states, and not from all images. The view itself is then not
	// exaggerated, only what else the prompt says. The model must have been
	// trained on captions of the view alone ([prompt.OfView]).
	GuideWithinView bool `json:"guide_within_view,omitempty"`
}

// Validate checks every field.
func (d Description) Validate() error {
	if err := d.Model.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	s, err := schedule.New(d.Schedule)
	if err == nil {
		err = s.Validate(d.Sampling.Options)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	return nil
}

// The tensors of a model file beside the networks' parameters.
const (
	TensorVocab   = "tokenizer.vocab" // bytes: one token per line; the number of the line is its id
	TensorWords   = "text.words"      // bytes: a word of the training captions a line
	TensorPreview = "latent.preview"  // a weight a latent channel and a bias: a grey preview in [−1, 1]
	TensorMean    = "latent.mean"
	TensorStd     = "latent.std"
)

// Describe reads the description of a model and checks that the model has the
// parameters of the networks that its parts promise, each of its shape, and
// nothing else.
func Describe(m *weights.Model) (Description, error) {
	var d Description
	dec := json.NewDecoder(bytes.NewReader(m.Config()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return d, fmt.Errorf("%w: configuration: %w", ErrModel, err)
	}
	if err := d.Validate(); err != nil {
		return d, err
	}
	want, err := d.Tensors(m.Parts())
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrModel, err)
	}
	for _, spec := range want {
		info, ok := m.Info(spec.Name)
		switch {
		case !ok:
			return d, fmt.Errorf("%w: tensor %q is missing", ErrModel, spec.Name)
		case info.Kind == weights.Bytes:
			return d, fmt.Errorf("%w: tensor %q is bytes, numbers are needed", ErrModel, spec.Name)
		case !slices.Equal(info.Shape, spec.Shape):
			return d, fmt.Errorf("%w: tensor %q has shape %v, %v is needed", ErrModel, spec.Name, info.Shape, spec.Shape)
		}
	}
	for _, name := range m.Names() {
		known := name == TensorVocab || name == TensorWords
		if _, ok := slices.BinarySearchFunc(want, name, func(s model.Spec, n string) int { return strings.Compare(s.Name, n) }); !ok && !known {
			return d, fmt.Errorf("%w: tensor %q belongs to no network of this configuration", ErrModel, name)
		}
	}
	for _, name := range []string{TensorVocab, TensorWords} {
		if info, ok := m.Info(name); ok && (info.Kind != weights.Bytes || len(info.Shape) != 1) {
			return d, fmt.Errorf("%w: tensor %q is %s of shape %v, a row of bytes is needed", ErrModel, name, info.Kind, info.Shape)
		}
	}
	return d, checkLatents(m)
}

// Format is the oldest format of model files (weights.File) that can state d.
func (d Description) Format() int {
	if d.Model.FirstFormat() && !d.Sampling.GuideWithinView {
		return 1
	}
	return 2
}

// Tensors lists the tensors of numbers that a model file with these parts
// holds, by name.
func (d Description) Tensors(parts []string) ([]model.Spec, error) {
	list := []model.Spec{
		{Name: TensorMean, Shape: []int{d.Model.LatentChannels}},
		{Name: TensorStd, Shape: []int{d.Model.LatentChannels}},
		{Name: TensorPreview, Shape: []int{d.Model.LatentChannels + 1}},
	}
	for _, part := range parts {
		params, err := record.Params(d.Model, part)
		if err != nil {
			return nil, err
		}
		list = append(list, params...)
	}
	slices.SortFunc(list, func(a, b model.Spec) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// awayFrom is the text that guidance goes away from: the negative prompt, or
// what the model has in its place; "" is the null condition.
func (d Description) awayFrom(r Row) string {
	if !d.Sampling.GuideWithinView || len(prompt.Normalize(r.Negative)) > 0 {
		return r.Negative
	}
	return prompt.Away(r.Prompt)
}
