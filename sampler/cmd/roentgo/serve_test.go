package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/provenance"
)

// TestServe asks a server for an image: it has the marks and the settings of one
// from the command line.
func TestServe(t *testing.T) {
	address := serving(t)
	answer, err := http.Post(address+"v1/images", "application/json", strings.NewReader(`{"prompt":"pleural effusion","seed":7,"steps":1}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %.200s, %v", answer.StatusCode, text, err)
	}
	var result struct {
		Images []struct{ PNG []byte }
	}
	if err := json.Unmarshal(text, &result); err != nil || len(result.Images) != 1 {
		t.Fatalf("%.200s: %v", text, err)
	}
	path := filepath.Join(t.TempDir(), "x.png")
	if err := os.WriteFile(path, result.Images[0].PNG, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := provenance.Read(bytes.NewReader(result.Images[0].PNG))
	if err != nil || s.Prompt != "pleural effusion" || s.Seed != 7 || s.Steps != 1 {
		t.Errorf("settings %+v, %v", s, err)
	}
	if status, stdout, stderr := roentgo(t, "detect", path); status != 0 || !strings.Contains(stdout, "of the model in this program") {
		t.Errorf("detect: %d, %q, %q", status, stdout, stderr)
	}
	same := filepath.Join(t.TempDir(), "y.png")
	if status, _, stderr := roentgo(t, "sample", "--device", "cpu", "--seed", "7", "--steps", "1", "--out", same, "pleural effusion"); status != 0 {
		t.Fatal(stderr)
	}
	if file, err := os.ReadFile(same); err != nil || !bytes.Equal(file, result.Images[0].PNG) {
		t.Errorf("the served file has %d bytes, the command line's %d, or others: %v", len(result.Images[0].PNG), len(file), err)
	}
}

func TestServeRefusals(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, 2, "a token is needed", "serve", "--address", "0.0.0.0:0")
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, 2, "at least", "serve", "--address", "0.0.0.0:0", "--token-file", short)
	refused(t, dir, 1, "--address", "serve", "--address", "localhost:http-that-is-not")
}
