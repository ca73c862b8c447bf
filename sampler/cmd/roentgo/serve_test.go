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

	"github.com/roentgo/roentgo/internal/samplertest"
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
	if status, stdout, stderr := roentgo(t, "detect", path); status != 0 || !strings.Contains(stdout, "of a model in this program") {
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

// TestServeToken serves all addresses with a token of a file: nothing is made
// without it.
func TestServeToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	address := serving(t, "--address", "0.0.0.0:0", "--token-file", file, "--model", samplertest.Tiny(t))
	_, port, _ := strings.Cut(strings.TrimPrefix(address, "http://"), "]:")
	if port == "" {
		_, port, _ = strings.Cut(strings.TrimPrefix(address, "http://"), ":")
	}
	for header, want := range map[string]int{"": 401, "Bearer": 401, "Bearer 0123456789abcdeF": 401, "Basic 0123456789abcdef": 401, "Bearer 0123456789abcdef": 200, "bearer 0123456789abcdef": 200} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:"+port+"v1/images", strings.NewReader(`{"prompt":"effusion","steps":1}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "xray.example.org" // as a proxy sends it
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", header)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("Authorization %q: status %d, want %d", header, answer.StatusCode, want)
		}
	}
}

func TestServeRefusals(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, 2, "a token is needed", "serve", "--address", "0.0.0.0:0")
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, dir, 2, "a token is needed", "serve", "--address", ":0")
	refused(t, dir, 2, "own", "serve", "--address", "localhost:0", "--max-steps", "1")
	refused(t, dir, 2, "images", "serve", "--address", "localhost:0", "--max-count", "100000")
	refused(t, dir, 2, "origin", "serve", "--address", "localhost:0", "--allow-origin", "example.org/page")
	refused(t, dir, 2, "at least", "serve", "--address", "0.0.0.0:0", "--token-file", short)
	refused(t, dir, 1, "--address", "serve", "--address", "localhost:http-that-is-not")
}
