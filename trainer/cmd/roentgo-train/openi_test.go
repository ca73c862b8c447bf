//go:build libtorch

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"image/jpeg"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// TestStudy follows the study from its files to an image: fetch, prepare, vae,
// diffusion, export and a sample, with the paper's networks and a generated
// BERT as wide as BioBERT, for a few steps.
func TestStudy(t *testing.T) {
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
	const patients = 6
	collection(t, dir, patients)
	archive(t, filepath.Join(at("www"), "NLMCXR_reports.tgz"), at("reports"))
	archive(t, filepath.Join(at("www"), "NLMCXR_png.tgz"), at("images"))
	server := httptest.NewServer(http.FileServer(http.Dir(at("www"))))
	defer server.Close()

	must("fetch", "openi", "--base-url", server.URL, "--out", at("fetched"))
	said := must("prepare", "openi", "--reports", at("fetched/NLMCXR_reports.tgz"), "--images", at("fetched/NLMCXR_png.tgz"),
		"--projections", at("indiana_projections.csv"), "--out", at("data"))
	if !strings.Contains(said, fmt.Sprintf("%d images of %d patients", patients, patients)) {
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

// collection writes a collection in Open-i's form into dir: reports, images of
// real chests, and the table of their views.
func collection(t *testing.T, dir string, patients int) {
	t.Helper()
	for _, name := range []string{"reports", "images"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	chests, err := filepath.Glob(filepath.Join(filepath.Dir(specimen.Manifest()), "images", "*.jpg"))
	if err != nil || len(chests) < patients {
		t.Fatalf("%d images, %v", len(chests), err)
	}
	table := "uid,filename,projection\n"
	for i := range patients {
		id := i + 1
		name := fmt.Sprintf("CXR%d_1_IM-%04d-1001", id, id)
		table += fmt.Sprintf("%d,%d_IM-%04d-1001.dcm.png,Frontal\n", id, id, id)
		report := fmt.Sprintf(`<?xml version="1.0"?><eCitation><uId id="CXR%d"/><MedlineCitation><Article><Abstract>`+
			`<AbstractText Label="FINDINGS">The heart is normal in size. There is a small pleural effusion on side %d.</AbstractText>`+
			`<AbstractText Label="IMPRESSION">Small pleural effusion.</AbstractText></Abstract></Article></MedlineCitation>`+
			`<parentImage id="%s"><caption>Chest</caption></parentImage></eCitation>`, id, id, name)
		if err := os.WriteFile(filepath.Join(dir, "reports", fmt.Sprintf("%d.xml", id)), []byte(report), 0o644); err != nil {
			t.Fatal(err)
		}
		toPNG(t, filepath.Join(dir, "images", name+".png"), chests[i])
	}
	if err := os.WriteFile(filepath.Join(dir, "indiana_projections.csv"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}
}

// toPNG writes a JPEG file as a PNG file.
func toPNG(t *testing.T, path, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	specimen.WritePNG(t, path, img)
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
	vocab, err := os.ReadFile(specimen.Vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	c := model.Paper()
	c.TextLayers = 2
	samplertest.WriteBERT(t, dir, c, strings.Split(strings.TrimSuffix(string(vocab), "\n"), "\n"), 1, 0.02)
}
