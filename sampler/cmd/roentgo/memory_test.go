package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// TestPeakMemory makes one image in a process of its own and holds the most
// memory that it had at a time, its program and the model in it counted.
func TestPeakMemory(t *testing.T) {
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("reads what Linux counts, and writes a large model")
	}
	program := filepath.Join(t.TempDir(), "roentgo")
	build := exec.Command(need.Program(t, "go"), "build", "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	paper := samplertest.Write(t, samplertest.File(t, samplertest.Description(model.Paper()), weights.F16))
	for _, c := range []struct {
		name, model, mode string
		most              int // MB
	}{
		{"mini", "", cpu.Fast, 200},
		{"mini", "", cpu.Small, 150},
		{"paper", paper, cpu.Fast, 0},
		{"paper", paper, cpu.Small, 300},
	} {
		args := []string{"sample", "--device", "cpu", "--mode", c.mode, "--steps", "3", "--out", filepath.Join(t.TempDir(), "x.png")}
		if c.model != "" {
			args = append(args, "--model", c.model)
		}
		cmd := exec.Command(program, append(args, "pleural effusion")...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
		peak, err := peakOf(cmd)
		if err != nil {
			t.Fatalf("%s, mode %s: %v", c.name, c.mode, err)
		}
		peak /= 1e6
		t.Logf("%s, mode %s: %d MB", c.name, c.mode, peak)
		if c.most > 0 && peak > c.most {
			t.Errorf("%s, mode %s: %d MB at its peak, at most %d are wanted", c.name, c.mode, peak, c.most)
		}
	}
}

// peakOf runs a program and returns the most bytes that it had in memory. What
// wait4 reports is of no use: it counts the process that the program was forked
// from.
func peakOf(cmd *exec.Cmd) (peak int, err error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	done := make(chan error)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			if err != nil {
				err = fmt.Errorf("%w: %s", err, errs.String())
			}
			return peak, err
		case <-time.After(5 * time.Millisecond):
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
			if _, after, ok := strings.Cut(string(status), "VmHWM:"); ok {
				var kB int
				if _, err := fmt.Sscan(after, &kB); err == nil {
					peak = 1024 * kB
				}
			}
		}
	}
}
