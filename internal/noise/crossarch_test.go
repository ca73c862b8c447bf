package noise_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// TestOtherArchitectures runs this package's other tests as WebAssembly under
// node and for arm64 under qemu's user emulation: the same golden bits.
func TestOtherArchitectures(t *testing.T) {
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("runs from amd64 alone")
	}
	root, err := exec.Command(need.Program(t, "go"), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []struct{ os, arch, needs, exec string }{
		{"js", "wasm", "node", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "go_js_wasm_exec")},
		{"linux", "arm64", "qemu-aarch64", "qemu-aarch64"},
	} {
		t.Run(target.arch, func(t *testing.T) {
			need.Program(t, target.needs)
			cmd := exec.Command("go", "test", "-count=1", "-exec="+target.exec, "-run=Philox|Golden|Log|Permutation", "-v", ".")
			cmd.Env = append(os.Environ(), "GOOS="+target.os, "GOARCH="+target.arch, "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: TestGoldenFile") {
				t.Errorf("on %s: %v\n%s", target.arch, err, out)
			}
		})
	}
}
