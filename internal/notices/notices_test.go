package notices

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// TestNotices makes the notices again, and looks at what must be in them.
func TestNotices(t *testing.T) {
	dir := t.TempDir()
	if text, err := exec.Command(need.Program(t, "go"), "run", "./gen", dir).CombinedOutput(); err != nil {
		need.Missing(t, "the modules of all systems are needed (go mod download): %v\n%s", err, text)
	}
	for name, wants := range map[string][]string{
		"program.txt":          {"spf13/cobra v", "cogentcore/webgpu v", "wgpu-native", "Go, its standard library", "suyashkumar/dicom v", "FreeType", "Apache License"},
		filepath.Base(Browser): {"klauspost/compress v", "sugarme/tokenizer v", "Go, its standard library"},
	} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if fresh, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(fresh, data) {
			t.Errorf("%s is not of the modules that are linked (%v); run go generate ./internal/notices", name, err)
		}
		for _, want := range wants {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
		if bytes.Contains(data, []byte("GNU GENERAL PUBLIC LICENSE\n")) {
			t.Errorf("%s has a licence that was not chosen", name)
		}
	}
}
