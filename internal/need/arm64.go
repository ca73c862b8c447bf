package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Arm64 builds the tests of the package of t for arm64 and returns how to run
// them under qemu's user emulation, with arguments of theirs.
func Arm64(t testing.TB) func(args ...string) *exec.Cmd {
	t.Helper()
	qemu, binary := Program(t, "qemu-aarch64"), filepath.Join(t.TempDir(), "arm64.test")
	build := exec.Command(Program(t, "go"), "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", build, err, out)
	}
	return func(args ...string) *exec.Cmd { return exec.Command(qemu, append([]string{binary}, args...)...) }
}
