//go:build libtorch

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/messy"
)

// TestNewcomerTrains goes from a folder as a newcomer brings it to a training.
func TestNewcomerTrains(t *testing.T) {
	dir := t.TempDir()
	tables, _, err := messy.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, run := filepath.Join(dir, "out", "data"), filepath.Join(dir, "out", "vae")
	status, stdout, stderr := program(t, append([]string{"prepare", "manifest", "--size", "64", "--test-fraction", "0.2", "--out", data}, tables...)...)
	if status != 0 || !strings.Contains(stdout, "50 images of") || !strings.Contains(stdout, "no table names") {
		t.Fatal(status, stdout, stderr)
	}
	if status, _, stderr := program(t, "vae", "--device", "cpu", "--preset", "tiny", "--data", data, "--run", run, "--steps", "3", "--precision", "f32", "--evaluate-every", "3"); status != 0 {
		t.Fatal(stderr)
	}
	if _, err := os.Stat(filepath.Join(run, "checkpoint.safetensors")); err != nil {
		t.Error(err)
	}
}
