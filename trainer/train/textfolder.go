//go:build libtorch

package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// FactsFile holds, in the folder of a text encoder, the linear maps that read
// facts from its mean state (facts.weight, facts.bias) and what a token says
// from its state (senses.weight, senses.bias).
const FactsFile = "facts.safetensors"

// writeTrainedEncoder writes the encoder and its linear maps beside the run's
// vocab.txt.
func writeTrainedEncoder(dir string, cfg model.Config, params *libtorch.Params) error {
	var encoder, heads []weights.Values
	if err := libtorch.Try(func() {
		for _, p := range params.All() {
			v := weights.Values{Name: p.Name, Shape: p.Shape, Float32: p.Values()}
			if strings.HasPrefix(p.Name, textPrefix) {
				encoder = append(encoder, v)
			} else {
				heads = append(heads, v)
			}
		}
	}); err != nil {
		return err
	}
	if err := weights.WritePlain(filepath.Join(dir, FactsFile), nil, heads); err != nil {
		return err
	}
	return writeEncoder(dir, cfg, encoder)
}

// textPrefix begins the names of an encoder's parameters in package model; the
// names of transformers lack it.
const textPrefix = "text."

// writeEncoder writes a text encoder beside its vocab.txt in the layout of
// HuggingFace's transformers, as package bert reads it. The names of tensors
// are those of package model.
func writeEncoder(dir string, cfg model.Config, tensors []weights.Values) error {
	files := map[string]any{
		"config.json": map[string]any{
			"architectures": []string{"BertModel"}, "model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute",
			"num_hidden_layers": cfg.TextLayers, "hidden_size": cfg.TextFeatures, "num_attention_heads": cfg.TextHeads,
			"intermediate_size": cfg.TextIntermediate, "max_position_embeddings": cfg.TextPositions, "vocab_size": cfg.TextVocab,
			"type_vocab_size": 2, "layer_norm_eps": cfg.TextNormEps, "pad_token_id": 0,
		},
		"tokenizer_config.json": map[string]any{"tokenizer_class": "BertTokenizer", "do_lower_case": cfg.Lowercase, "model_max_length": cfg.Tokens},
	}
	for name, value := range files {
		text, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), true, append(text, '\n')); err != nil {
			return err
		}
	}
	for i, v := range tensors {
		tensors[i].Name = strings.TrimPrefix(v.Name, textPrefix)
	}
	return weights.WritePlain(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, tensors)
}

// ExtractText writes the text encoder of a model file to a new folder, in the
// layout that 'diffusion --text' takes, to train another U-Net with the same
// contexts.
func ExtractText(m *weights.Model, dir string) error {
	d, err := sampler.Describe(m)
	if err != nil {
		return err
	}
	if !d.Model.HasText() {
		return fmt.Errorf("%w: the model file has no text encoder", runs.ErrOptions)
	}
	vocab, err := m.Bytes(sampler.TensorVocab)
	if err != nil {
		return err
	}
	specs, err := d.Tensors([]string{weights.PartText})
	if err != nil {
		return err
	}
	var tensors []weights.Values
	for _, s := range specs {
		if !strings.HasPrefix(s.Name, textPrefix) {
			continue
		}
		values, err := m.Float32(s.Name)
		if err != nil {
			return err
		}
		tensors = append(tensors, weights.Values{Name: s.Name, Shape: s.Shape, Float32: values})
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, runs.VocabFile), true, vocab); err != nil {
		return err
	}
	return writeEncoder(dir, d.Model, tensors)
}
