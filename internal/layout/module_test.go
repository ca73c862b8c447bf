package layout_test

import (
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// root is the folder of the module.
const root = "../.."

// TestNeededModules makes a program outside of the module that imports all
// that is public, and looks at which modules Go needs for it.
func TestNeededModules(t *testing.T) {
	dir := t.TempDir()
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	source := "package main\n\n"
	for _, p := range public {
		source += fmt.Sprintf("import _ %q\n", module+p)
	}
	for name, text := range map[string]string{
		"main.go": source + "\nfunc main() {}\n",
		"go.mod":  "module example.org/stranger\n\ngo 1.26.0\n\nrequire github.com/roentgo/roentgo v0.0.0\n\nreplace github.com/roentgo/roentgo => " + here + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The modules that this test's build needed are here. No others are fetched.
	list := exec.Command(need.Program(t, "go"), "list", "-deps", ".")
	list.Dir, list.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off")
	if text, err := list.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil || !strings.Contains(string(sums), "klauspost/compress") {
		t.Fatalf("no sums: %v\n%s", err, sums)
	}
	for _, unwanted := range []string{"k8s.io", "esbuild", "chromedp", "gotch", "gonum", "staticcheck", "honnef.co", "avo", "cobra", "prometheus"} {
		if strings.Contains(string(sums), unwanted) {
			t.Errorf("a program that imports the library gets %s in its go.sum", unwanted)
		}
	}
}

// maxModule bounds what Go's proxy sends to who imports the module. The shipped
// models take 17 MB of it.
const maxModule = 24 << 20

// tracked lists the files of the repository, relative to its root.
func tracked(t *testing.T) []string {
	t.Helper()
	list := exec.Command(need.Program(t, "git"), "ls-files", "-z")
	list.Dir = root
	text, err := list.Output()
	if err != nil {
		t.Skipf("not a git repository: %v", err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// lines are those of a file of the repository, with their numbers from 1; none of one
// that was deleted and not yet committed.
func lines(t *testing.T, name string) iter.Seq2[int, string] {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(string(text)) {
			if number++; !yield(number, line) {
				return
			}
		}
	}
}

// TestModuleSize adds up the files of the module. Folders with a go.mod of
// their own are modules of their own.
func TestModuleSize(t *testing.T) {
	files := tracked(t)
	var others []string
	for _, name := range files {
		if folder := filepath.ToSlash(filepath.Dir(name)); filepath.Base(name) == "go.mod" && folder != "." {
			others = append(others, folder+"/")
		}
	}
	var sum int64
files:
	for _, name := range files {
		for _, other := range others {
			if strings.HasPrefix(name, other) {
				continue files
			}
		}
		if info, err := os.Stat(filepath.Join(root, name)); err == nil {
			sum += info.Size()
		}
	}
	if sum < 10<<20 || sum > maxModule {
		t.Errorf("the module has %d bytes, at most %d are allowed", sum, int64(maxModule))
	}
}
