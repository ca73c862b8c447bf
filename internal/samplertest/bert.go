package samplertest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// WriteBERT makes the folder of a text encoder as transformers would write it, with
// the text configuration of c, a vocabulary of c.TextVocab tokens, and random weights
// of that deviation.
func WriteBERT(t testing.TB, dir string, c model.Config, vocab []string, seed uint64, deviation float32) {
	t.Helper()
	config, err := json.Marshal(map[string]any{"model_type": "bert", "vocab_size": c.TextVocab, "hidden_size": c.TextFeatures, "num_hidden_layers": c.TextLayers,
		"num_attention_heads": c.TextHeads, "intermediate_size": c.TextIntermediate, "max_position_embeddings": c.TextPositions})
	if err := errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644),
		os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(strings.Join(vocab, "\n")), 0o644)); err != nil {
		t.Fatal(err)
	}
	r := graph.NewRecorder()
	ids := r.Input("ids", graph.PerPrompt, 1, 2)
	r.Output("states", model.BERT(r, c, ids, ids, ids))
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	var list []weights.Values
	for i, s := range g.Params() {
		v := make([]float32, graph.Len(s.Shape))
		noise.Latent(v, seed, uint32(i), 99)
		for j := range v {
			v[j] *= deviation
		}
		list = append(list, weights.Values{Name: "bert." + strings.TrimPrefix(s.Name, "text."), Shape: s.Shape, Float32: v})
	}
	if err := weights.WritePlain(filepath.Join(dir, "model.safetensors"), nil, list); err != nil {
		t.Fatal(err)
	}
}
