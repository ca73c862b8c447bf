//go:build !js

package simd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// TestInNode runs the tests for js under Node, which has the WebAssembly of a
// browser.
func TestInNode(t *testing.T) {
	node := need.Program(t, "node")
	root, err := exec.Command(need.Program(t, "go"), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "simd.test.wasm")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command("node", "--stack-size=8192", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js"), binary, "-test.v", "-test.timeout=20m")
	// Go's loader has room for a few kilobytes of environment alone.
	run.Env = []string{"PATH=" + filepath.Dir(node)}
	out, err := run.CombinedOutput()
	for _, name := range []string{"TestConformance", "TestRandomShapes", "TestThreads"} {
		if err != nil || !strings.Contains(string(out), "--- PASS: "+name) {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestKernels compiles the kernels again: those that are committed are those
// of the source.
func TestKernels(t *testing.T) {
	need.Program(t, "clang-16")
	need.Program(t, "wasm-ld-16")
	folder := t.TempDir()
	if out, err := exec.Command("sh", "kernels/build.sh", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"kernels.wasm", "kernels.threads.wasm"} {
		want, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its source makes (%v); run 'make kernels'", name, err)
		}
	}
}
