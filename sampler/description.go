package sampler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/model"
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
	Sampler  string  `json:"sampler"`
	Spacing  string  `json:"spacing"`
	Steps    int     `json:"steps"`
	Guidance float64 `json:"guidance"` // 1: none
	Rescale  float64 `json:"rescale"`  // part of guidance rescaling, in [0, 1]
	Eta      float64 `json:"eta"`

	GuidanceInterval schedule.Interval `json:"guidance_interval,omitzero"` // left out: every timestep
}

// Validate checks every field.
func (d Description) Validate() error {
	if err := d.Model.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	s, err := schedule.New(d.Schedule)
	if err == nil {
		err = d.Sampling.validate(s)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrModel, err)
	}
	return nil
}

func (d Defaults) schedule() schedule.Options {
	return schedule.Options{Sampler: d.Sampler, Spacing: d.Spacing, Steps: d.Steps, Eta: d.Eta}
}

// maxGuidance is far beyond where images break.
const maxGuidance = 100

// validate checks the settings of a run on a schedule.
func (d Defaults) validate(s *schedule.Schedule) error {
	if _, err := s.NewSampler(d.schedule()); err != nil {
		return err
	}
	if !(d.Guidance >= 1 && d.Guidance <= maxGuidance) {
		return fmt.Errorf("guidance %g is not in [1, %d]", d.Guidance, maxGuidance)
	}
	if !(d.Rescale >= 0 && d.Rescale <= 1) {
		return fmt.Errorf("rescale %g is not in [0, 1]", d.Rescale)
	}
	return s.ValidateInterval(d.GuidanceInterval)
}

// The tensors of a model file beside the networks' parameters.
const (
	TensorVocab   = "tokenizer.vocab" // bytes: a token a line, its number being the id
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
		if _, ok := slices.BinarySearchFunc(want, name, func(s graph.Spec, n string) int { return strings.Compare(s.Name, n) }); !ok && !known {
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
	if d.Model.FirstFormat() {
		return 1
	}
	return 2
}

// Tensors lists the tensors of numbers that a model file with these parts
// holds, by name.
func (d Description) Tensors(parts []string) ([]graph.Spec, error) {
	list := []graph.Spec{
		{Name: TensorMean, Shape: []int{d.Model.LatentChannels}},
		{Name: TensorStd, Shape: []int{d.Model.LatentChannels}},
		{Name: TensorPreview, Shape: []int{d.Model.LatentChannels + 1}},
	}
	c := d.Model
	s := c.LatentSize()
	for _, part := range parts {
		r := graph.NewRecorder()
		switch part {
		case weights.PartText:
			if c.HasText() {
				n := c.Tokens
				ids := r.Input("ids", graph.PerPrompt, 1, n)
				model.TextEncoder(r, c, ids, ids, ids)
			}
		case weights.PartUNet:
			x := r.Input("latent", graph.PerLatent, 1, c.LatentChannels, s, s)
			model.UNet(r, c, x, r.Input("timestep", graph.PerTimestep, 1), model.NullContext(r, c))
		case weights.PartDecoder:
			model.Decoder(r, c, r.Input("latent", graph.PerLatent, 1, c.LatentChannels, s, s))
		case weights.PartEncoder:
			model.Encoder(r, c, r.Input("image", graph.PerLatent, 1, 1, c.ImageSize, c.ImageSize))
		}
		g, err := r.Graph()
		if err != nil {
			return nil, err
		}
		list = append(list, g.Params()...)
	}
	slices.SortFunc(list, func(a, b graph.Spec) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
