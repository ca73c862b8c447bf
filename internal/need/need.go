// Package need gives tests what they need of the machine. Where something is
// missing it skips the test with the reason, or fails it when ROENTGO_TEST_ALL
// is set, as `make test` does.
package need

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Missing ends the test for want of something.
func Missing(t testing.TB, format string, a ...any) {
	t.Helper()
	if os.Getenv("ROENTGO_TEST_ALL") != "" {
		t.Fatalf(format, a...)
	}
	t.Skipf(format, a...)
}

// Data returns the path of a file or folder of the large real data, which is no
// part of the repository. Without ROENTGO_DATA, the folder of the data, it skips
// the test, also where ROENTGO_TEST_ALL is set.
func Data(t testing.TB, path ...string) string {
	t.Helper()
	root := os.Getenv("ROENTGO_DATA")
	if root == "" {
		t.Skip("needs the large data: set ROENTGO_DATA to its folder")
	}
	at := filepath.Join(append([]string{root}, path...)...)
	if _, err := os.Stat(at); err != nil {
		Missing(t, "ROENTGO_DATA lacks a file: %v", err)
	}
	return at
}

// Python returns an interpreter that can import the modules: $ROENTGO_PYTHON,
// by default python3.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	python := os.Getenv("ROENTGO_PYTHON")
	if python == "" {
		python = "python3"
	}
	if text, err := exec.Command(python, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		Missing(t, "%s cannot import %s: %v\n%s", python, strings.Join(modules, ", "), err, text)
	}
	return python
}

// Program returns the path of the first of the programs that is there.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "none of the programs %s is installed", strings.Join(names, ", "))
	return ""
}
