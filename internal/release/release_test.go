package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// execute runs a command in dir, without the flags for Go of who runs the test.
func execute(t *testing.T, dir string, environment []string, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOFLAGS="), environment...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, text)
	}
	return string(text)
}

// repository copies the files of this checkout, also those not committed yet, into
// a new repository of one commit.
func repository(t *testing.T) string {
	t.Helper()
	git := need.Program(t, "git")
	const root = "../.."
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		t.Skipf("not a git repository: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "first")
	for name := range strings.SplitSeq(strings.TrimSuffix(execute(t, root, nil, git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00"), "\x00") {
		if info, err := os.Lstat(filepath.Join(root, name)); err != nil || !info.Mode().IsRegular() {
			continue // deleted and not committed, or a link to a cache
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, dir, nil, git, "init", "-q")
	execute(t, dir, nil, git, "add", "-A")
	execute(t, dir, nil, git, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-q", "-m", "one")
	return dir
}

// TestSameBytes builds a clone, and a clone of it in another folder with an empty
// build cache: the program of this machine with C in it, the page with the library
// for browsers, and a release. All bytes must be the same.
func TestSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything twice")
	}
	first := repository(t)
	second := filepath.Join(t.TempDir(), "another", "deeper", "folder")
	execute(t, first, nil, "git", "clone", "-q", first, second)
	for dir, environment := range map[string][]string{first: nil, second: {"GOCACHE=" + t.TempDir()}} {
		execute(t, dir, environment, need.Program(t, "make"), "build", "site")
		execute(t, dir, environment, "go", "run", "./internal/release", "-targets", "linux/amd64")
	}
	for _, made := range []string{"bin", "site/dist", "release"} {
		a, b := sums(t, filepath.Join(first, made)), sums(t, filepath.Join(second, made))
		for name, sum := range a {
			if b[name] != sum {
				t.Errorf("%s/%s differs between two folders", made, name)
			}
		}
		if len(a) == 0 || len(a) != len(b) {
			t.Errorf("%s has %d files in one folder and %d in another", made, len(a), len(b))
		}
	}
}

// sums are the SHA-256 of all files below a folder.
func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		sum := sha256.Sum256(data)
		all[name] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBills writes the bills of materials, checks them against the schema, and
// compares the modules in them with those that Go links.
func TestBills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a tool")
	}
	python := need.Python(t, "cyclonedx.validation.json", "jsonschema")
	source := repository(t)
	out := filepath.Join(t.TempDir(), "release")
	t.Chdir(source)
	var errors bytes.Buffer
	if status := run(t.Context(), []string{"-materials", "-targets", "windows/amd64", "-out", out}, &errors, &errors); status != 0 {
		t.Fatalf("status %d: %s", status, &errors)
	}
	for name, c := range map[string]struct {
		target target
		pkg    string
	}{
		"roentgo-windows-amd64.exe.cdx.json": {target{"windows", "amd64"}, "./sampler/cmd/roentgo"},
		"roentgo.wasm.cdx.json":              {browser, "./wasm"},
	} {
		file := filepath.Join(out, name)
		execute(t, source, nil, python, "internal/release/testdata/validate.py", file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var bill struct {
			Components []struct {
				Name, Version string
				Evidence      struct{ Licenses []any }
			}
		}
		if err := json.Unmarshal(data, &bill); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range bill.Components {
			if m.Name == "std" {
				continue
			}
			got = append(got, m.Name+" "+m.Version)
			if len(m.Evidence.Licenses) == 0 {
				t.Errorf("%s: no licence of %s", name, m.Name)
			}
		}
		list := execute(t, source, c.target.environment(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Version}}{{.Path}} {{.Version}}{{end}}{{end}}", c.pkg)
		want := slices.Compact(slices.Sorted(strings.SplitSeq(strings.TrimSpace(list), "\n")))
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s has the modules\n%q, linked are\n%q", name, got, want)
		}
	}
}

func TestMisuse(t *testing.T) {
	precious := t.TempDir()
	if err := os.WriteFile(filepath.Join(precious, "thesis.txt"), []byte("years"), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"plan9/arm":         {"-targets", "linux/amd64,plan9/arm"},
		"not understood":    {"now"},
		"is left alone":     {"-out", precious},
		"not defined: -zip": {"-zip"},
	} {
		var out, errors bytes.Buffer
		status := run(t.Context(), args, &out, &errors)
		wantStatus := 2
		if args[0] == "-out" {
			wantStatus = 1
		}
		if status != wantStatus || !strings.Contains(errors.String(), want) {
			t.Errorf("%q: status %d, %q; want %d and %q", args, status, &errors, wantStatus, want)
		}
	}
	if _, err := os.Stat(filepath.Join(precious, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

// TestOldWine has a wine that is too old for programs of Go, which is no fault of the
// program; another failure is one.
func TestOldWine(t *testing.T) {
	windows := target{"windows", "amd64"}
	dir := t.TempDir()
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, c := range []struct{ prints, line, fails string }{
		{"fatal error: bcryptprimitives.dll not found", "NOT STARTED: this wine lacks bcryptprimitives.dll", ""},
		{"out of memory", "", "out of memory"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "wine"), []byte("#!/bin/sh\necho '"+c.prints+"' >&2\nexit 2\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		line, err := windows.start(t.Context(), dir)
		if !strings.HasPrefix(line, c.line) || (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("wine prints %q: %q, %v", c.prints, line, err)
		}
	}
}
