//go:build unix

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestModes(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		umask     int
		old, want fs.FileMode // old 0: no file is there
	}{
		{0o022, 0, 0o644}, {0o077, 0, 0o600}, {0o002, 0, 0o664}, {0o022, 0o600, 0o600}, {0o077, 0o664, 0o664}, {0o022, 0o640, 0o640},
	} {
		before := syscall.Umask(c.umask)
		os.Remove(at("x"))
		if c.old != 0 {
			if err := errors.Join(os.WriteFile(at("x"), nil, 0o600), os.Chmod(at("x"), c.old)); err != nil {
				t.Fatal(err)
			}
		}
		err := put(at("x"), "one", true)
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		if st, err := os.Stat(at("x")); err != nil || st.Mode().Perm() != c.want {
			t.Errorf("umask %o, old mode %o: mode %o (%v), want %o", c.umask, c.old, st.Mode().Perm(), err, c.want)
		}
	}
}

func TestLinksAndPipes(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(at("real"), 0o700), os.WriteFile(at("real/target"), []byte("old"), 0o600), os.Symlink("real/target", at("link")),
		os.Symlink("link", at("second")), os.Symlink("real/new", at("dangling")), os.Symlink("loop", at("loop")), syscall.Mkfifo(at("pipe"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"link": ErrExists, "dangling": ErrExists, "pipe": ErrSpecial} {
		if err := put(at(name), "new", false); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
	}
	for name, want := range map[string]error{"second": nil, "dangling": nil, "loop": ErrSpecial, "pipe": ErrSpecial, "/dev/null": ErrSpecial} {
		path := name
		if !filepath.IsAbs(path) {
			path = at(name)
		}
		if err := put(path, "new", true); !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
		if st, err := os.Lstat(path); err != nil || st.Mode().IsRegular() {
			t.Errorf("%s was replaced (%v)", name, err)
		}
	}
	holds(t, at("real"), map[string]string{"target": "new", "new": "new"})
}

// TestPoorFileSystems writes where the system refuses what some file systems
// lack.
func TestPoorFileSystems(t *testing.T) {
	if dir := os.Getenv("ROENTGO_TEST_WRITE_TO"); dir != "" {
		if err := errors.Join(put(filepath.Join(dir, "new"), "one", false), put(filepath.Join(dir, "old"), "two", true)); err != nil {
			t.Fatal(err)
		}
		if err := put(filepath.Join(dir, "new"), "two", false); !errors.Is(err, ErrExists) {
			t.Fatal(err)
		}
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace, which refuses system calls, is not installed")
	}
	for _, call := range []string{"linkat:error=EPERM", "fchmod:error=EOPNOTSUPP", "fsync:error=EINVAL"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "old"), []byte("one"), 0o600); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(call, ":")
		cmd := exec.CommandContext(t.Context(), strace, "-f", "-o", filepath.Join(t.TempDir(), "log"), "-e", "trace="+name, "-e", "inject="+call, os.Args[0], "-test.run", "^TestPoorFileSystems$")
		cmd.Env = append(os.Environ(), "ROENTGO_TEST_WRITE_TO="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", call, err, out)
			continue
		}
		holds(t, dir, map[string]string{"new": "one", "old": "two"})
	}
}
