package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func put(path, text string, overwrite bool) error {
	return Write(path, overwrite, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// holds checks a folder's files and their content.
func holds(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != len(want) {
		t.Errorf("%s holds %v, want %v", dir, list, want)
	}
	for name, text := range want {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != text {
			t.Errorf("%s is %q (%v), want %q", name, b, err, text)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	long := strings.Repeat("x", 251) + ".png" // as long as names may be
	for _, err := range []error{put(at("a"), "one", false), put(at(long), "one", false), put(at("b"), "one", true), put(at("b"), "two", true)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := put(at("a"), "two", false); !errors.Is(err, ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
	failed := errors.New("failed")
	if err := Write(at("b"), true, func(w io.Writer) error {
		io.WriteString(w, "half")
		return failed
	}); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	if err := put(at("absent/a"), "one", false); err == nil || !strings.Contains(err.Error(), "cannot write to the folder") {
		t.Errorf("error %v", err)
	}
	if err := put(dir, "one", true); !errors.Is(err, ErrSpecial) {
		t.Errorf("error %v, want ErrSpecial of a folder", err)
	}
	holds(t, dir, map[string]string{"a": "one", "b": "two", long: "one"})
}

// TestWriters lets many write one name at a time: one of them does.
func TestWriters(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	var mu sync.Mutex
	var done []string
	for i := range 20 {
		group.Go(func() {
			text := fmt.Sprint(i)
			err := put(filepath.Join(dir, "x"), text, false)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done = append(done, text)
			} else if !errors.Is(err, ErrExists) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if len(done) != 1 {
		t.Fatalf("%d of 20 wrote it", len(done))
	}
	holds(t, dir, map[string]string{"x": done[0]})
}
