//go:build libtorch && unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/trainer/runs"
)

// said is what a running program has written.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// started starts a command line as a process of its own.
func started(t *testing.T, args ...string) (*exec.Cmd, *said) {
	t.Helper()
	need.Hangup(t)
	cmd := command(t, args...)
	stderr := &said{}
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, stderr
}

// left are the files of a folder that were not written to their end.
func left(t *testing.T, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, ".roentgo-*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSignalsOfTraining ends a training by each signal: within a second, with a
// checkpoint of its last step, from which it goes on.
func TestSignalsOfTraining(t *testing.T) {
	dir := t.TempDir()
	data, run := judgedData(t, dir, 60), filepath.Join(dir, "run")
	steps := func() int {
		text, err := os.ReadFile(filepath.Join(run, runs.LogFile))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	training := func(steps int) []string {
		return []string{"classifier", "--device", "cpu", "--data", data, "--run", run, "--steps", fmt.Sprint(steps), "--batch", "8", "--warmup", "5", "--ema", "0.9", "--precision", "f32",
			"--evaluate-every", "0", "--allow-changes"}
	}
	const enough = 100_000
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		before := steps()
		cmd, stderr := started(t, training(enough)...)
		need.Until(t, "three steps", func() bool { return steps() >= before+3 })
		if before > 0 && !strings.Contains(stderr.String(), fmt.Sprintf("resuming from step %d of", before)) {
			t.Errorf("after %d steps: %q", before, stderr)
		}
		began := time.Now()
		cmd.Process.Signal(signal)
		cmd.Wait()
		// The machine's other work may delay it.
		if d := time.Since(began); d > time.Second+500*time.Millisecond && !need.Race || cmd.ProcessState.ExitCode() != 1 ||
			!strings.Contains(stderr.String(), "interrupted; it ends after this step, with a checkpoint") || !strings.Contains(stderr.String(), fmt.Sprintf("at step %d of", steps())) {
			t.Errorf("%v: status %d after %v and %d steps, %q", signal, cmd.ProcessState.ExitCode(), d, steps(), stderr)
		}
		if l := left(t, run); len(l) > 0 {
			t.Errorf("%v: left %v", signal, l)
		}
	}
	done := steps()
	status, _, stderr := program(t, training(done+2)...)
	if status != 0 || !strings.Contains(stderr, fmt.Sprintf("resuming from step %d of %d", done, done+2)) || steps() != done+2 {
		t.Errorf("status %d, %d steps after %d, %q", status, steps(), done, stderr)
	}
}

// TestSecondSignalOfTraining sends two signals in one long step: the first waits for
// its end, the second ends the program at once.
func TestSecondSignalOfTraining(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	cmd, stderr := started(t, "classifier", "--device", "cpu", "--data", judgedData(t, dir, 60), "--run", run, "--steps", "2", "--batch", "8", "--accumulate", "10000",
		"--warmup", "1", "--ema", "0.9", "--precision", "f32")
	need.Until(t, "the log", func() bool {
		_, err := os.Stat(filepath.Join(run, runs.LogFile))
		return err == nil
	})
	time.Sleep(time.Second) // into the step
	cmd.Process.Signal(syscall.SIGINT)
	need.Until(t, "what it says", func() bool { return strings.Contains(stderr.String(), "ends after this step") })
	time.Sleep(time.Second)
	began := time.Now()
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if d := time.Since(began); d > 400*time.Millisecond || !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended after %v: %v, %q", d, cmd.ProcessState, stderr)
	}
	if l := left(t, run); len(l) > 0 {
		t.Errorf("left %v", l)
	}
}

// TestSignalsOfMeasuring ends commands that sample and measure, at several moments:
// within a second, with no result.
func TestSignalsOfMeasuring(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	data := judgedData(t, dir, 1200)
	if status, _, stderr := program(t, "classifier", "--device", "cpu", "--data", data, "--run", at("judge"), "--steps", "3", "--batch", "8", "--warmup", "1", "--ema", "0.9", "--precision", "f32"); status != 0 {
		t.Fatal(stderr)
	}
	model := tinyModel(t, dir)
	for _, args := range [][]string{
		{"eval", "--model", model, "--classifier", at("judge"), "--seeds", "256", "--captions", "400"},
		{"seeds", "--model", model, "--classifier", at("judge"), "--seeds", "256"},
		{"synthesize", "--model", model},
	} {
		interrupted := 0
		for _, after := range []time.Duration{100 * time.Millisecond, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second} {
			out := at("out")
			cmd, stderr := started(t, append(args, "--device", "cpu", "--data", data, "--out", out)...)
			time.Sleep(after)
			began := time.Now()
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
			// While the system loads libtorch the signal itself ends the program.
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			says := status.ExitStatus() == 1 && strings.Contains(stderr.String(), "roentgo-train: interrupted")
			if says {
				interrupted++
			}
			if d := time.Since(began); d > time.Second+500*time.Millisecond || !says && !status.Signaled() {
				t.Errorf("%s after %v: %v after %v, %q", args[0], after, cmd.ProcessState, d, stderr)
			}
			if l := append(left(t, dir), left(t, out)...); len(l) > 0 {
				t.Errorf("%s after %v: left %v", args[0], after, l)
			}
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
		if interrupted == 0 {
			t.Errorf("%s: no signal came after the start", args[0])
		}
	}
}
