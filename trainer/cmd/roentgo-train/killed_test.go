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
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "init", "--preset", "tiny", "--vocab", vocab, "--out", out)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	// remove removes what is there, which must be a whole file, and says whether it was.
	remove := func() bool {
		m, err := weights.Open(out)
		if errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(m.Verify(t.Context()), m.Close(), os.Remove(out)); err != nil {
			t.Error(err)
		}
		os.Remove(weights.ManifestPath(out)) // where it got so far
		return true
	}
	began := time.Now()
	if err := start().Wait(); err != nil || !remove() {
		t.Fatalf("the file was not written: %v", err)
	}
	usual := time.Since(began)
	random := rand.New(rand.NewPCG(1, 2))
	there := 0
	for range 20 {
		cmd := start()
		time.Sleep(time.Duration(random.Float64() * 1.3 * float64(usual)))
		cmd.Process.Kill()
		cmd.Wait()
		if remove() {
			there++
		}
	}
	t.Logf("20 kills, %d after the file was whole", there)
}
