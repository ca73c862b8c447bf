package bert_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/weights"
)

const small = `{"model_type":"bert","vocab_size":8,"hidden_size":32,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":32,"max_position_embeddings":16}`

const vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlung\r\nheart\n"

// folder writes the files of a small encoder, changed by change.
func folder(t *testing.T, change map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"config.json": small, "vocab.txt": vocabulary}
	for name, text := range change {
		files[name] = text
	}
	for name, text := range files {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, own := change["pytorch_model.bin"]; !own {
		if err := weights.WritePlain(filepath.Join(dir, "model.safetensors"), nil, []weights.Values{
			{Name: "bert.embeddings.LayerNorm.gamma", Shape: []int{2}, Float32: []float32{1, 2}}, {Name: "cls.bias", Shape: []int{1}, Float32: []float32{3}}}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOpen(t *testing.T) {
	e, err := bert.Open(folder(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	v, err := e.Float32("text.embeddings.LayerNorm.weight")
	if err != nil || len(v) != 2 || v[1] != 2 {
		t.Errorf("%v, %v", v, err)
	}
	if c := e.Apply(model.Paper()); c.TextLayers != 1 || c.TextVocab != 8 || c.Tokens != 16 || !c.Lowercase || c.TextNormEps != 1e-12 || len(e.Vocab) != 8 || e.Vocab[4] != "lung" {
		t.Errorf("%+v, %q", c, e.Vocab)
	}
	if _, err := e.Float32("text.none"); !errors.Is(err, bert.ErrFolder) {
		t.Error(err)
	}
	cased, err := bert.Open(folder(t, map[string]string{"tokenizer_config.json": `{"do_lower_case":false}`}))
	if err != nil || cased.Lowercase {
		t.Errorf("%v, %v", cased.Lowercase, err)
	}
	cased.Close()
	only, err := bert.Open(folder(t, map[string]string{"vocab.txt": "", "tokenizer.json": `{"normalizer":{"lowercase":true},"model":{"vocab":{"[PAD]":0,"[UNK]":1,"[SEP]":2,"[CLS]":3,"Lung":4}}}`}))
	if err != nil || !only.Lowercase || only.Vocab[4] != "Lung" {
		t.Errorf("%+v, %v", only, err)
	}
	only.Close()
}

func TestRefusedFolders(t *testing.T) {
	for says, change := range map[string]map[string]string{
		"config.json":        {"config.json": ""},
		"unexpected end":     {"config.json": "{"},
		"not bert":           {"config.json": `{"model_type":"gpt2"}`},
		"activation":         {"config.json": strings.Replace(small, "{", `{"hidden_act":"relu",`, 1)},
		"positions":          {"config.json": strings.Replace(small, "{", `{"position_embedding_type":"relative_key",`, 1)},
		"token types":        {"config.json": strings.Replace(small, "{", `{"type_vocab_size":1,`, 1)},
		"do not divide":      {"config.json": strings.Replace(small, `_heads":2`, `_heads":5`, 1)},
		"vocab.txt":          {"vocab.txt": ""},
		"has 6 tokens":       {"config.json": strings.Replace(small, `vocab_size":8`, `vocab_size":5`, 1)},
		"pytorch_model.bin":  {"pytorch_model.bin": "PK\x03\x04 no pickle"},
		"pytorch_model.bin:": {"pytorch_model.bin": "\x80\x02}q\x00."},
		"tokenizer.json":     {"tokenizer.json": "{"},
		"gives token":        {"vocab.txt": "", "tokenizer.json": `{"model":{"vocab":{"a":0,"b":7}}}`},
	} {
		e, err := bert.Open(folder(t, change))
		if !errors.Is(err, bert.ErrFolder) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
		if err == nil {
			e.Close()
		}
	}
}
