package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// OtherArchitectures runs tests of the package of t, those whose names match
// pattern, as WebAssembly under node and for arm64 under qemu's user emulation.
// The test named passes must be among those that pass.
func OtherArchitectures(t *testing.T, pattern, passes string) {
	t.Helper()
	if runtime.GOARCH != "amd64" || testing.Short() {
		t.Skip("runs from amd64 alone")
	}
	root, err := exec.Command(Program(t, "go"), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []struct{ os, arch, needs, exec string }{
		{"js", "wasm", "node", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "go_js_wasm_exec")},
		{"linux", "arm64", "qemu-aarch64", "qemu-aarch64"},
	} {
		t.Run(target.arch, func(t *testing.T) {
			Program(t, target.needs)
			cmd := exec.Command("go", "test", "-count=1", "-exec="+target.exec, "-run="+pattern, "-v", ".")
			cmd.Env = append(os.Environ(), "GOOS="+target.os, "GOARCH="+target.arch, "CGO_ENABLED=0")
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "--- PASS: "+passes) {
				t.Errorf("on %s: %v\n%s", target.arch, err, out)
			}
		})
	}
}
