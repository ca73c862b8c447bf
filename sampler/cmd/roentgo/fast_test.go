package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
)

// TestFast makes an image with the fast model, finds out from the image alone which
// model made it, and makes it again from its settings.
func TestFast(t *testing.T) {
	t.Setenv(modelVariable, "")
	dir := t.TempDir()
	first, again := filepath.Join(dir, "first.png"), filepath.Join(dir, "again.png")
	if status, _, stderr := roentgo(t, "sample", "--fast", "--device", "cpu", "--seed", "1", "--out", first, "pleural effusion"); status != 0 {
		t.Fatal(stderr)
	}
	settings, err := readSettings(first)
	if err != nil || settings.ModelName != "roentgo-fast" || settings.Steps != 4 || settings.Guidance != 1 || settings.Sampler != "ddim" {
		t.Errorf("settings %+v, %v", settings, err)
	}
	if status, stdout, _ := roentgo(t, "detect", first); status != 0 || !strings.Contains(stdout, "of a model in this program") {
		t.Errorf("detect: status %d, %s", status, stdout)
	}
	if status, _, stderr := roentgo(t, "sample", "--device", "cpu", "--from", first, "--out", again); status != 0 {
		t.Fatal(stderr)
	}
	if !bytes.Equal(read(t, first), read(t, again)) {
		t.Error("the image made again has other bytes")
	}
	if status, stdout, _ := roentgo(t, "info", "--fast"); status != 0 || !strings.Contains(stdout, "roentgo-fast") {
		t.Errorf("info: status %d, %s", status, stdout)
	}
	if status, stdout, _ := roentgo(t, "verify", "--fast"); status != 0 || !strings.Contains(stdout, settings.ModelHash) {
		t.Errorf("verify: status %d, %s", status, stdout)
	}
	tiny := samplertest.Tiny(t)
	for _, args := range [][]string{{"sample", "--fast", "--model", tiny, "effusion"}, {"info", "--fast", tiny}, {"verify", "--fast", tiny}} {
		if status, _, stderr := roentgo(t, args...); status != 2 || !strings.Contains(stderr, "exclude each other") {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
	// The variable names the usual model, and --fast says otherwise.
	t.Setenv(modelVariable, tiny)
	if status, stdout, _ := roentgo(t, "info", "--fast"); status != 0 || !strings.Contains(stdout, "roentgo-fast") {
		t.Errorf("info with $%s: status %d, %s", modelVariable, status, stdout)
	}
}
