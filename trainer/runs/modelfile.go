package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/weights"
)

// What a model file is for.
const (
	ForSampling = "sampling" // quantized, without the encoder
	ForTraining = "training" // everything, in float16: training can start from it
)

// FileOptions say how a model file is written.
type FileOptions struct {
	Out       string // NAME.safetensors.zst
	For       string // ForSampling or ForTraining
	Kind      weights.Kind
	Overwrite bool
	MaxPiece  int64 // bytes of content a file; 0: one file
	// Int4 are the groups of layers, by [LayerGroup], that a file of int8 keeps in
	// int4.
	Int4     []string
	Sampling sampler.Defaults
	Text     string // folder of the frozen text encoder; "": where it was when the run began

	// For the manifest.
	Name, Version, License, TrainingData string
}

// KindFor is how large weights are kept unless asked otherwise.
func KindFor(purpose string) weights.Kind {
	if purpose == ForTraining {
		return weights.F16
	}
	return weights.Int8
}

// DefaultSampling are the sampling defaults of a model with that schedule: for
// velocities the solver and count that sampler/BENCH.md chose, with the spacing
// and guidance that trainer/ablations chose, and without guidance in the noisiest
// fifth of the timesteps.
func DefaultSampling(s schedule.Config) sampler.Defaults {
	o := schedule.Options{Sampler: schedule.UniPC, Spacing: schedule.Quadratic, Steps: 15, Guidance: 2.5,
		GuidanceInterval: schedule.Interval{High: s.TrainTimesteps*4/5 - 1}}
	if s.Prediction == schedule.Epsilon {
		o = schedule.Options{Sampler: schedule.DDIM, Spacing: schedule.Leading, Steps: 50, Guidance: 7.5} // as the study
	}
	return sampler.Defaults{Options: o}
}

func (o FileOptions) validate() error {
	switch {
	case o.For != ForSampling && o.For != ForTraining:
		return fmt.Errorf("%w: no model file for %q (there are %s, %s)", ErrOptions, o.For, ForSampling, ForTraining)
	case o.Kind == weights.Bytes:
		return fmt.Errorf("%w: weights cannot be kept as %s (there are f32, f16, int8, int4)", ErrOptions, o.Kind)
	case !strings.HasSuffix(o.Out, weights.Extension):
		return fmt.Errorf("%w: the name of a model file ends in %s, that of %s does not", ErrOptions, weights.Extension, o.Out)
	}
	return nil
}

// parts lists what the file holds.
func (o FileOptions) parts(c model.Config) []string {
	list := []string{weights.PartUNet, weights.PartDecoder}
	if c.HasText() {
		list = append(list, weights.PartText)
	}
	if o.For == ForTraining {
		list = append(list, weights.PartEncoder)
	}
	return list
}

// smallest is the number of values from which on a weight is quantized: those
// below make up a hundredth of a file.
const smallest = 4096

// kind is how a tensor is kept. Norms, biases and small weights stay in
// float16, whatever is asked, and statistics in float32.
func (o FileOptions) kind(s graph.Spec) weights.Kind {
	switch {
	case strings.HasPrefix(s.Name, "latent."):
		return weights.F32
	case o.Kind == weights.F32:
		return weights.F32
	case !Quantizable(s.Shape):
		return weights.F16
	case o.Kind == weights.Int8 && slices.Contains(o.Int4, LayerGroup(s.Name)):
		return weights.Int4
	}
	return o.Kind
}

// Quantizable reports whether a tensor of that shape is kept in fewer bits than
// 16.
func Quantizable(shape []int) bool { return len(shape) >= 2 && graph.Len(shape) >= smallest }

// LayerGroup is the group of layers that a tensor of a model file belongs to, of
// those that `quantize` and `export --int4` keep in fewer bits together.
func LayerGroup(name string) string {
	switch {
	case strings.HasPrefix(name, "text."), strings.HasPrefix(name, "adapter."):
		return "text"
	case strings.HasPrefix(name, "vae.decoder."):
		return "decoder"
	case strings.Contains(name, "_attn.") || strings.Contains(name, ".attn."):
		return "unet.attention"
	case strings.HasPrefix(name, "unet.down."), strings.HasPrefix(name, "unet.up."):
		return strings.Join(strings.Split(name, ".")[:3], ".")
	case strings.HasPrefix(name, "unet."):
		return "unet.embeddings"
	}
	return name
}

// writeModel writes a model file with the values that float32 gives.
func writeModel(d sampler.Description, vocab, words []string, o FileOptions, metadata map[string]string, float32 func(graph.Spec) ([]float32, error)) ([]string, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	if err := d.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	parts := o.parts(d.Model)
	specs, err := d.Tensors(parts)
	if err != nil {
		return nil, err
	}
	for _, g := range o.Int4 {
		if !slices.ContainsFunc(specs, func(s graph.Spec) bool { return Quantizable(s.Shape) && LayerGroup(s.Name) == g }) {
			return nil, fmt.Errorf("%w: the model has no group of layers %q ('roentgo-train quantize' names them)", ErrOptions, g)
		}
	}
	config, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	f := weights.File{Format: d.Format(), Config: config, Parts: parts, Metadata: metadata}
	for _, s := range specs {
		v, err := float32(s)
		if err != nil {
			return nil, err
		}
		if len(v) != graph.Len(s.Shape) {
			return nil, fmt.Errorf("train: %q has %d values where the configuration needs shape %v", s.Name, len(v), s.Shape)
		}
		f.Tensors = append(f.Tensors, weights.Tensor{Name: s.Name, Shape: s.Shape, Kind: o.kind(s), Float32: v})
	}
	if d.Model.HasText() {
		for _, lines := range []struct {
			name string
			list []string
		}{{sampler.TensorVocab, vocab}, {sampler.TensorWords, words}} {
			text := []byte(strings.Join(lines.list, "\n") + "\n")
			f.Tensors = append(f.Tensors, weights.Tensor{Name: lines.name, Shape: []int{len(text)}, Kind: weights.Bytes, Bytes: text})
		}
	}
	return weights.Write(o.Out, f, weights.WriteOptions{Overwrite: o.Overwrite, MaxPiece: o.MaxPiece,
		Name: o.Name, Version: o.Version, License: o.License, TrainingData: o.TrainingData})
}

// Init writes a model file with a configuration, BERT's vocabulary and the random
// weights that training starts with.
func Init(c model.Config, s schedule.Config, vocab []string, seed uint64, o FileOptions) ([]string, error) {
	c.TextVocab = len(vocab)
	values := func(spec graph.Spec) ([]float32, error) {
		switch spec.Name {
		case sampler.TensorStd:
			v := make([]float32, spec.Shape[0])
			for i := range v {
				v[i] = 1
			}
			return v, nil
		case sampler.TensorMean, sampler.TensorPreview:
			return make([]float32, spec.Shape[0]), nil
		}
		return InitialValues(seed, spec.Name, spec.Shape), nil
	}
	return writeModel(sampler.Description{Model: c, Schedule: s, Sampling: o.Sampling}, vocab, dataset.KnownWords(), o, map[string]string{provenanceKey: `{"steps":0}`}, values)
}

// Export writes a model file of the averaged weights of an autoencoder, by the
// paths of [OpenAutoencoder], and of the run of a diffusion model.
func Export(vaePaths []string, diffusionDir string, o FileOptions) ([]string, error) {
	vae, err := OpenAutoencoder(vaePaths)
	if err != nil {
		return nil, err
	}
	defer vae.Close()
	unet, err := OpenTrained(diffusionDir)
	if err != nil {
		return nil, err
	}
	defer unet.Close()
	var d sampler.Description
	if err := errors.Join(json.Unmarshal([]byte(unet.Model), &d.Model), json.Unmarshal([]byte(unet.Schedule), &d.Schedule)); err != nil {
		return nil, fmt.Errorf("%w: %s does not state its model and schedule: %w", ErrCheckpoint, diffusionDir, err)
	}
	d.Sampling = o.Sampling
	if d.Sampling == (sampler.Defaults{}) {
		d.Sampling = DefaultSampling(d.Schedule)
	}
	vocab, err := RunVocab(diffusionDir)
	if err != nil {
		return nil, err
	}
	words, err := readLines(filepath.Join(diffusionDir, wordsFile))
	if err != nil {
		return nil, err
	}
	encoder, err := OpenEncoder(diffusionDir, o.Text)
	if err != nil {
		return nil, err
	}
	if encoder != nil {
		defer encoder.Close()
	}
	l, err := ReadLatents(filepath.Join(diffusionDir, LatentsFile), "")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(provenance{vae.summary, summarize(diffusionDir, unet)})
	if err != nil {
		return nil, err
	}
	return writeModel(d, vocab, words, o, map[string]string{provenanceKey: string(text)}, func(s graph.Spec) ([]float32, error) {
		switch s.Name {
		case sampler.TensorMean:
			return l.Mean, nil
		case sampler.TensorStd:
			return l.Std, nil
		case sampler.TensorPreview:
			return l.Preview, nil
		}
		if strings.HasPrefix(s.Name, "vae.") {
			return vae.Float32(s.Name)
		}
		if strings.HasPrefix(s.Name, "text.") && encoder != nil {
			return encoder.Float32(s.Name)
		}
		return unet.Float32(s.Name)
	})
}
