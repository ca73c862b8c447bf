package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// TestFolder makes a folder, replaces it, and leaves it alone where the new one does not
// come about or the old one is not of its kind.
func TestFolder(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a", "built")
	fill := func(text string) error {
		return atomicfile.Folder(out, "mark", "built folder", func(dir string) error { return os.WriteFile(filepath.Join(dir, "mark"), []byte(text), 0o644) })
	}
	failed := errors.New("failed")
	for _, text := range []string{"one", "two"} {
		if err := fill(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.Folder(out, "mark", "built folder", func(string) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("%v, want %v", err, failed)
	}
	if text, err := os.ReadFile(filepath.Join(out, "mark")); err != nil || string(text) != "two" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 1 {
		t.Errorf("beside it lie %v, %v", entries, err)
	}
	if err := os.Rename(filepath.Join(out, "mark"), filepath.Join(out, "other")); err != nil {
		t.Fatal(err)
	}
	if err := fill("three"); err == nil {
		t.Error("a folder of another kind was replaced")
	}
	if _, err := os.Stat(filepath.Join(out, "other")); err != nil {
		t.Error(err)
	}
}
