//go:build unix

package regular

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOpensFilesAlone(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.WriteFile(at("file"), []byte("content"), 0o600),
		os.Symlink("file", at("link")), os.Symlink("/dev/zero", at("zero")), os.Symlink("pipe", at("to pipe")), os.Symlink("none", at("nowhere"))); err != nil {
		t.Fatal(err)
	}
	for name, says := range map[string]string{"pipe": "a pipe", "zero": "a device", "to pipe": "a pipe", ".": "a folder"} {
		if _, _, err := Open(at(name)); !errors.Is(err, ErrOther) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want ErrOther that says %q", name, err, says)
		}
		if _, err := Read(at(name), 10); !errors.Is(err, ErrOther) {
			t.Errorf("reading %s: %v", name, err)
		}
	}
	for _, name := range []string{"file", "link"} {
		f, size, err := Open(at(name))
		if err != nil || size != 7 {
			t.Fatalf("%s: %d bytes, %v", name, size, err)
		}
		f.Close()
		if data, err := Read(at(name), 7); err != nil || string(data) != "content" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
		if _, err := Read(at(name), 6); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s, of which 6 bytes are allowed: %v", name, err)
		}
	}
	if _, _, err := Open(at("nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link to nowhere: %v", err)
	}
	// Files of /proc state a size of 0 and have content.
	if _, err := os.Stat("/proc/self/maps"); err == nil {
		if _, err := Read("/proc/self/maps", 16); !errors.Is(err, ErrTooLarge) {
			t.Errorf("a file that states no size: %v", err)
		}
	}
}
