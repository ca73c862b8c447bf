//go:build libtorch

package train

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/weights"
)

// FactsFile holds, in the folder of a text encoder, the linear maps that read
// facts from its mean state (facts.weight, facts.bias) and what a token says
// from its state (senses.weight, senses.bias).
const FactsFile = "facts.safetensors"

// writeEncoder writes a text encoder beside its vocab.txt in the layout of
// HuggingFace's transformers, as package bert reads it.
func writeEncoder(dir string, cfg model.Config, params *libtorch.Params) error {
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
		if err := os.WriteFile(filepath.Join(dir, name), append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	var encoder, heads []weights.Values
	if err := libtorch.Try(func() {
		for _, p := range params.All() {
			v := weights.Values{Name: p.Name, Shape: p.Shape, Float32: p.Values()}
			if name, ok := strings.CutPrefix(p.Name, "text."); ok {
				v.Name = name
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
	return weights.WritePlain(filepath.Join(dir, "model.safetensors"), map[string]string{"format": "pt"}, encoder)
}
