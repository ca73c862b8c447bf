package runs

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roentgo/roentgo/internal/regular"
)

// TestHostileTexts opens folders of runs whose texts would fill memory or wait for ever.
func TestHostileTexts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, VocabFile)
	if err := os.WriteFile(path, []byte(strings.Repeat("\n", maxLines+1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := RunVocab(dir); !errors.Is(err, ErrCheckpoint) || !strings.Contains(err.Error(), "262145 lines, at most 262144") {
		t.Errorf("too many tokens: %v", err)
	}
	if err := os.Truncate(path, regular.MaxText+1); err != nil {
		t.Fatal(err)
	}
	if _, err := RunVocab(dir); !errors.Is(err, regular.ErrTooLarge) {
		t.Errorf("a large vocabulary: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := RunVocab(dir); !errors.Is(err, regular.ErrOther) {
		t.Errorf("a pipe: %v", err)
	}
	if err := KeepVocab(dir, []string{"a"}); !errors.Is(err, regular.ErrOther) {
		t.Errorf("another vocabulary over a pipe: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := KeepVocab(dir, []string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	if got, err := RunVocab(dir); err != nil || strings.Join(got, " ") != "a b" {
		t.Errorf("%q, %v", got, err)
	}
}
