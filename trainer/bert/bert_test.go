package bert_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/attacks"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
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
		"text_vocab":         {"config.json": strings.Replace(small, `vocab_size":8`, `vocab_size":9007199254740992`, 1)},
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

// pickled writes a pytorch_model.bin with one tensor of a storage of 8 floats,
// declared to have n, and of those strides.
func pickled(n, strides string) string {
	data := "\x80\x02}X\x20\x00\x00\x00bert.embeddings.LayerNorm.weight" +
		"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + n + "tQK\x00K\x02K\x04\x86" + strides + "\x89ccollections\nOrderedDict\n)RtRs."
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, member := range [][2]string{{"m/data.pkl", data}, {"m/data/0", strings.Repeat("\x00\x00\x80?", 8)}} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: member[0], Method: zip.Store})
		if err != nil {
			panic(err) // into memory
		}
		io.WriteString(w, member[1])
	}
	z.Close()
	return b.String()
}

// TestPickles: a storage that declares more than the file has is refused before
// room is made for it, and a tensor whose strides do not fit is an error.
func TestPickles(t *testing.T) {
	const ten = "\x8a\x05\x00\xe4\x0b\x54\x02" // 10^10
	for _, c := range []struct{ name, n, strides, opens, reads string }{
		{"good", "K\x08", "K\x04K\x01\x86", "", ""},
		{"too many values", ten, "K\x04K\x01\x86", "is declared to have", ""},
		{"one too many", "K\x09", "K\x04K\x01\x86", "is declared to have", ""},
		{"too few strides", "K\x08", "K\x01\x85", "", "2 sizes and 1 strides"},
	} {
		e, err := bert.Open(folder(t, map[string]string{"pytorch_model.bin": pickled(c.n, c.strides)}))
		if c.opens != "" {
			if !errors.Is(err, bert.ErrFolder) || !strings.Contains(err.Error(), c.opens) {
				t.Errorf("%s: %v, want %q", c.name, err, c.opens)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		v, err := e.Float32("text.embeddings.LayerNorm.weight")
		if c.reads == "" && (err != nil || len(v) != 8 || v[7] != 1) || c.reads != "" && (err == nil || !strings.Contains(err.Error(), c.reads)) {
			t.Errorf("%s: %v, %v; want %q", c.name, v, err, c.reads)
		}
		e.Close()
	}
}

// TestTypes: a file of weights in bfloat16, with a buffer of whole numbers, one
// of truth values and one without a value, which the encoder does not use.
func TestTypes(t *testing.T) {
	dir := folder(t, nil)
	head := `{"bert.embeddings.position_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]},"cls.mask":{"dtype":"BOOL","shape":[2],"data_offsets":[16,18]},` +
		`"cls.none":{"dtype":"F32","shape":[0],"data_offsets":[18,18]},"bert.embeddings.LayerNorm.weight":{"dtype":"BF16","shape":[2],"data_offsets":[18,22]}}`
	file := string(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))) + head + strings.Repeat("\x01", 18) + "\x80\x3f\x20\xc0"
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := bert.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if v, err := e.Float32("text.embeddings.LayerNorm.weight"); err != nil || len(v) != 2 || v[0] != 1 || v[1] != -2.5 {
		t.Errorf("%v, %v; want 1 and -2.5", v, err)
	}
}

// TestShards: an encoder whose weights are in several files, and what is refused
// of an index.
func TestShards(t *testing.T) {
	const index = `{"metadata":{"total_size":16},"weight_map":{"bert.embeddings.LayerNorm.weight":"model-00001-of-00002.safetensors","bert.embeddings.LayerNorm.bias":"model-00002-of-00002.safetensors"}}`
	sharded := func(index string, tensors ...string) string {
		dir := folder(t, map[string]string{"model.safetensors.index.json": index})
		if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
			t.Fatal(err)
		}
		for i, name := range tensors {
			err := weights.WritePlain(filepath.Join(dir, fmt.Sprintf("model-%05d-of-00002.safetensors", i+1)), nil, []weights.Values{{Name: name, Shape: []int{2}, Float32: []float32{float32(i), 7}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	e, err := bert.Open(sharded(index, "bert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.bias"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for name, want := range map[string]float32{"text.embeddings.LayerNorm.weight": 0, "text.embeddings.LayerNorm.bias": 1} {
		if v, err := e.Float32(name); err != nil || len(v) != 2 || v[0] != want {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	other, err := bert.Open(sharded(index, "bert.embeddings.LayerNorm.weight", "bert.embeddings.word_embeddings.weight"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if e.Hash == other.Hash || len(e.Hash) != 64 {
		t.Errorf("hashes %s and %s", e.Hash, other.Hash)
	}
	for says, dir := range map[string]string{
		"no such file":      sharded(index, "bert.embeddings.LayerNorm.weight"),
		"names no file":     sharded("{}"),
		"index.json: ":      sharded("["),
		"not of its folder": sharded(strings.Replace(index, "model-00001", "../model-00001", 1), "a", "b"),
		"another of its":    sharded(index, "a", "a"),
		"in several files":  folder(t, map[string]string{"pytorch_model.bin": "", "pytorch_model.bin.index.json": "{}"}),
	} {
		if _, err := bert.Open(dir); !errors.Is(err, bert.ErrFolder) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestDoubledTokens checks that texts use the last of equal tokens, as in
// transformers, and neither the others nor empty ones.
func TestDoubledTokens(t *testing.T) {
	e, err := bert.Open(folder(t, map[string]string{"vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\nlung\n\nlung\nheart\n"}))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	tokens, err := prompt.New(e.Vocab, true, 8)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := tokens.Encode("heart lung", false)
	if want := []int32{2, 7, 6, 3}; err != nil || !slices.Equal(ids, want) {
		t.Errorf("%v of %q, %v; want %v", ids, e.Vocab, err, want)
	}
}

// rewritten puts those files into a folder of a fuzz target, which all of its
// inputs share, and opens it as an encoder.
func rewritten(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	e, err := bert.Open(dir)
	if err == nil {
		e.Float32("text.embeddings.LayerNorm.weight")
		e.Close()
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
	if err != nil && !errors.Is(err, bert.ErrFolder) {
		t.Errorf("error %v wraps no sentinel", err)
	}
}

func FuzzPickle(f *testing.F) {
	f.Add([]byte(pickled("K\x08", "K\x04K\x01\x86")))
	f.Add([]byte("\x80\x02}q\x00."))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		rewritten(t, dir, map[string][]byte{"config.json": []byte(small), "vocab.txt": []byte(vocabulary), "pytorch_model.bin": data})
	})
}

// FuzzFolder reads folders of transformers: the configuration, the index of the
// files of weights, one of them.
func FuzzFolder(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "model-1.safetensors")
	if err := weights.WritePlain(path, nil, []weights.Values{{Name: "bert.embeddings.LayerNorm.gamma", Shape: []int{2}, Float32: []float32{1, 2}}}); err != nil {
		f.Fatal(err)
	}
	tensors, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	index := []byte(`{"weight_map":{"bert.embeddings.LayerNorm.gamma":"model-1.safetensors"}}`)
	f.Add([]byte(small), []byte(vocabulary), index, tensors)
	for _, text := range attacks.JSON([]byte(small)) {
		f.Add(text, []byte(vocabulary), index, tensors)
	}
	for _, text := range attacks.JSON(index) {
		f.Add([]byte(small), []byte(vocabulary), text, tensors)
	}
	head := tensors[8 : 8+binary.LittleEndian.Uint64(tensors)]
	for _, text := range attacks.JSON(head) {
		f.Add([]byte(small), []byte(vocabulary), index, slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, tensors[8+len(head):]))
	}
	f.Fuzz(func(t *testing.T, config, vocab, index, tensors []byte) {
		rewritten(t, dir, map[string][]byte{"config.json": config, "vocab.txt": vocab, "model.safetensors.index.json": index, "model-1.safetensors": tensors})
	})
}
