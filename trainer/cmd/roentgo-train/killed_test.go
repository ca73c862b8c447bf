package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/roentgo/roentgo/weights"
)

// TestKilledExport kills the writing of a model file when parts of it are on the disk:
// there is no file then, or after all of it the whole one.
func TestKilledExport(t *testing.T) {
	dir := t.TempDir()
	args := []string{"init", "--preset", "tiny", "--vocab", vocabulary(t, dir), "--out"}
	first := filepath.Join(dir, "first"+weights.Extension)
	if status, _, stderr := program(t, append(args, first)...); status != 0 {
		t.Fatal(stderr)
	}
	info, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	cut := 0
	for kill, part := range []float64{0, 0.01, 0.3, 0.6, 0.9, 1, 1} {
		folder := filepath.Join(dir, fmt.Sprint(kill))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(folder, "model"+weights.Extension)
		cmd := command(t, append(args, out)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		running := true
		for running && onDisk(t, folder) < int64(part*float64(info.Size())) {
			select {
			case err := <-ended:
				if err != nil {
					t.Fatalf("kill %d: ended before %.0f %% was written: %v", kill, 100*part, err)
				}
				running = false
			case <-time.After(time.Millisecond):
			}
		}
		cmd.Process.Kill()
		if running {
			<-ended
		}
		m, err := weights.Open(out)
		if errors.Is(err, fs.ErrNotExist) {
			cut++
			continue
		}
		if err != nil {
			t.Errorf("kill %d: %v", kill, err)
			continue
		}
		if err := errors.Join(m.Verify(t.Context()), m.Close()); err != nil {
			t.Errorf("kill %d: %v", kill, err)
		}
	}
	t.Logf("7 kills, %d before the file was whole", cut)
	if cut == 0 {
		t.Error("each came after the file was whole")
	}
}

// onDisk is how many bytes the files of a folder have; -1 before there is any.
func onDisk(t *testing.T, folder string) int64 {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(-1)
	for _, entry := range list {
		if info, err := entry.Info(); err == nil { // else it has another name by now
			sum = max(sum, 0) + info.Size()
		}
	}
	return sum
}
