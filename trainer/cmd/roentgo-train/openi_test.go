//go:build libtorch

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// TestStudy goes the way of the study on the real files that there are: fetch,
// prepare, vae, diffusion, export and a sample, with the paper's networks and
// a generated BERT as wide as BioBERT, for a few steps.
func TestStudy(t *testing.T) {
	openi := need.Data(t, "openi")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must := func(args ...string) string {
		t.Helper()
		status, stdout, stderr := program(t, args...)
		if status != 0 {
			t.Fatalf("roentgo-train %s: status %d: %s", strings.Join(args, " "), status, stderr)
		}
		return stdout + stderr
	}
	// The publisher's server.
	if err := os.Mkdir(at("www"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(openi, "NLMCXR_reports.tgz"), filepath.Join(at("www"), "NLMCXR_reports.tgz")); err != nil {
		t.Fatal(err)
	}
	archive(t, filepath.Join(at("www"), "NLMCXR_png.tgz"), filepath.Join(openi, "NLMCXR_png"))
	server := httptest.NewServer(http.FileServer(http.Dir(at("www"))))
	defer server.Close()

	must("fetch", "openi", "--base-url", server.URL, "--out", at("fetched"))
	said := must("prepare", "openi", "--reports", at("fetched/NLMCXR_reports.tgz"), "--images", at("fetched/NLMCXR_png.tgz"),
		"--projections", filepath.Join(openi, "indiana_projections.csv"), "--out", at("data"))
	if !strings.Contains(said, "3546") || !strings.Contains(said, "6 images of 5 patients") {
		t.Errorf("prepare said %q", said)
	}
	must("vae", "--preset", "paper", "--data", at("data"), "--run", at("vae"), "--steps", "2", "--batch", "2", "--checkpointing", "--device", "cpu")
	wideBERT(t, at("bert"))
	said = must("diffusion", "--data", at("data"), "--vae", at("vae"), "--run", at("unet"), "--text", at("bert"), "--objective", "epsilon",
		"--steps", "2", "--batch", "2", "--accumulate", "2", "--checkpointing", "--evaluate-every", "0", "--grid-prompt", "pleural effusion", "--device", "cpu")
	if !strings.Contains(said, "texts encoded") {
		t.Errorf("diffusion said %q", said)
	}
	must("export", "--vae", at("vae"), "--diffusion", at("unet"), "--out", at("model"+weights.Extension))
	s := samplertest.Open(t, at("model"+weights.Extension), sampler.Options{Device: sampler.CPU})
	result, err := s.Sample(t.Context(), sampler.Request{Prompt: "Cardiomegaly. RLL opacity, zebra.", Steps: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Images[0].Pix) != 256*256 || !slices.Contains(result.UnknownWords, "zebra") {
		t.Errorf("%d pixels, unknown words %q", len(result.Images[0].Pix), result.UnknownWords)
	}
	if d := s.Description().Model; d.TextFeatures != 768 || d.Tokens != 256 || d.Lowercase {
		t.Errorf("%+v", d)
	}
}

// archive packs the files of a folder.
func archive(t *testing.T, path, folder string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	if err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// wideBERT writes a random encoder of BioBERT's width and vocabulary with two
// of its twelve layers.
func wideBERT(t *testing.T, dir string) {
	t.Helper()
	vocab, err := os.ReadFile(need.Data(t, "vocab", "bert_base_cased_vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	c := model.Paper()
	c.TextLayers = 2
	config := fmt.Sprintf(`{"model_type":"bert","vocab_size":%d,"hidden_size":%d,"num_hidden_layers":%d,"num_attention_heads":%d,"intermediate_size":%d,"max_position_embeddings":%d}`,
		c.TextVocab, c.TextFeatures, c.TextLayers, c.TextHeads, c.TextIntermediate, c.TextPositions)
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "vocab.txt"), vocab, 0o644),
		os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o644)); err != nil {
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
		noise.Latent(v, 1, uint32(i), 99)
		for j := range v {
			v[j] *= 0.02
		}
		list = append(list, weights.Values{Name: "bert." + strings.TrimPrefix(s.Name, "text."), Shape: s.Shape, Float32: v})
	}
	if err := weights.WritePlain(filepath.Join(dir, "model.safetensors"), nil, list); err != nil {
		t.Fatal(err)
	}
}
