package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/weights"
)

// TestKilledExport kills the writing of a model file at many moments: there is the
// whole file or none.
func TestKilledExport(t *testing.T) {
	dir := t.TempDir()
	vocab := filepath.Join(dir, "vocab.txt")
	if err := os.WriteFile(vocab, []byte(strings.Join(samplertest.Vocabulary(300), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "model"+weights.Extension)
	random := rand.New(rand.NewPCG(1, 2))
	there := 0
	for kill := range 15 {
		cmd := exec.Command(os.Args[0], "init", "--preset", "tiny", "--vocab", vocab, "--out", out)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+random.IntN(400)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		m, err := weights.Open(out)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatalf("kill %d: %v", kill, err)
		}
		there++
		if err := errors.Join(m.Verify(t.Context()), m.Close(), os.Remove(out)); err != nil {
			t.Errorf("kill %d: %v", kill, err)
		}
		os.Remove(weights.ManifestPath(out)) // where it got so far
	}
	t.Logf("15 kills, %d after the file was whole", there)
}
