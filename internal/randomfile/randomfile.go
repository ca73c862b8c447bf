// Package randomfile makes model files of random weights: for tests, and for
// benchmarks of networks that nobody trained.
package randomfile

import (
	"encoding/json"
	"strings"

	"github.com/roentgo/roentgo/internal/random"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/weights"
)

// Make makes a model file with all parts whose weights are random, of one kind;
// those of one dimension are float32. Its images are noise, and take as long as
// those of a trained model. words are those of its captions.
func Make(d sampler.Description, kind weights.Kind, words []string) (weights.File, error) {
	config, err := json.Marshal(d)
	if err != nil {
		return weights.File{}, err
	}
	f := weights.File{Format: d.Format(), Config: config, Parts: []string{weights.PartUNet, weights.PartDecoder, weights.PartEncoder}}
	if d.Model.HasText() {
		f.Parts = append(f.Parts, weights.PartText)
		for _, lines := range []struct {
			name string
			list []string
		}{{sampler.TensorVocab, random.Vocabulary(d.Model.TextVocab)}, {sampler.TensorWords, words}} {
			text := []byte(strings.Join(lines.list, "\n") + "\n")
			f.Tensors = append(f.Tensors, weights.Tensor{Name: lines.name, Shape: []int{len(text)}, Kind: weights.Bytes, Bytes: text})
		}
	}
	specs, err := d.Tensors(f.Parts)
	if err != nil {
		return weights.File{}, err
	}
	for _, s := range specs {
		tensor := weights.Tensor{Name: s.Name, Shape: s.Shape, Kind: weights.F32, Float32: random.Values(s.Name, s.Shape...)}
		if len(s.Shape) > 1 {
			tensor.Kind = kind
		}
		f.Tensors = append(f.Tensors, tensor)
	}
	return f, nil
}
