//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
)

// endsWithin checks that a program that a signal was sent to ends, as one that
// was interrupted, within a second.
func endsWithin(t *testing.T, name string, cmd *exec.Cmd, stderr fmt.Stringer) {
	t.Helper()
	began := time.Now()
	cmd.Wait()
	// The machine's other work may delay it.
	if d := time.Since(began); d > time.Second+500*time.Millisecond || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "roentgo: interrupted") {
		t.Errorf("%s: status %d after %v, %q", name, cmd.ProcessState.ExitCode(), d, stderr)
	}
}

// full starts a run that writes to a pipe which nobody empties, and returns when
// the pipe is full and the run waits. dir is where its images are.
func full(t *testing.T) (cmd *exec.Cmd, stderr fmt.Stringer, dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd, stderr = program(t, "sample", "--device", "cpu", "--out", filepath.Join(dir, "x.png"), "--json", "--steps", "1", "--count", "100000", "--seed", "1")
	cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	cmd.Stdout = writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	for before, now := -1, 0; now != before || now == 0; {
		time.Sleep(400 * time.Millisecond)
		list, err := filepath.Glob(filepath.Join(dir, "*.png"))
		if err != nil || t.Context().Err() != nil {
			t.Fatal(err, t.Context().Err())
		}
		before, now = now, len(list)
	}
	return cmd, stderr, dir
}

// TestSignalsWhereItWaits sends each signal to runs that nothing stops: they
// write to a pipe that nobody empties.
func TestSignalsWhereItWaits(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		cmd, stderr, dir := full(t)
		cmd.Process.Signal(signal)
		endsWithin(t, signal.String(), cmd, stderr)
		if left, _ := filepath.Glob(filepath.Join(dir, ".roentgo-*")); len(left) > 0 {
			t.Errorf("%v: left %v", signal, left)
		}
	}
}

// TestSignalInTable sends one to a run that reads and tokenizes half a million
// rows, at several moments.
func TestSignalInTable(t *testing.T) {
	dir := t.TempDir()
	prompts := write(t, filepath.Join(dir, "prompts.csv"), "prompt\n"+strings.Repeat("pleural effusion and cardiomegaly and pneumonia\n", 500_000))
	for _, after := range []time.Duration{100 * time.Millisecond, 700 * time.Millisecond, 1500 * time.Millisecond} {
		cmd, stderr := program(t, "sample", "--device", "cpu", "--prompts", prompts, "--out", filepath.Join(dir, "out"))
		cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after)
		cmd.Process.Signal(syscall.SIGTERM)
		endsWithin(t, after.String(), cmd, stderr)
	}
}

// TestSecondSignal sends a second signal: the program ends by it, at once.
func TestSecondSignal(t *testing.T) {
	cmd, _, _ := full(t)
	cmd.Process.Signal(syscall.SIGINT)
	time.Sleep(150 * time.Millisecond)
	began := time.Now()
	cmd.Process.Signal(syscall.SIGINT)
	cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if d := time.Since(began); d > 400*time.Millisecond || !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ended after %v: %v", d, cmd.ProcessState)
	}
}

// TestIgnoredSignal sends signals that were ignored at the start: the end of the
// terminal, as under nohup, stays so; an interrupt, as of a program that a script
// runs in the background, does not.
func TestIgnoredSignal(t *testing.T) {
	for _, c := range []struct {
		name   string
		signal syscall.Signal
		ends   bool
	}{{"HUP", syscall.SIGHUP, false}, {"INT", syscall.SIGINT, true}} {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `trap "" `+c.name+`; exec "$0" "$@"`, os.Args[0], "sample", "--device", "cpu", "--steps", "200", "--seed", "1", "--count", "5", "--out", filepath.Join(dir, "x.png"))
		cmd.Env = append(os.Environ(), asProgram+"=1", modelVariable+"="+samplertest.Tiny(t))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for list := []string(nil); len(list) == 0; list, _ = filepath.Glob(filepath.Join(dir, "x-1.png")) {
			time.Sleep(5 * time.Millisecond)
			if t.Context().Err() != nil {
				t.Fatal("nothing begins")
			}
		}
		cmd.Process.Signal(c.signal)
		err := cmd.Wait()
		if ended := cmd.ProcessState.ExitCode() == 1 && strings.Contains(stderr.String(), "roentgo: interrupted"); ended != c.ends || !c.ends && err != nil {
			t.Errorf("%s: %v: %q", c.name, err, stderr.String())
		}
		if list, _ := filepath.Glob(filepath.Join(dir, "*.png")); len(list) == 5 == c.ends {
			t.Errorf("%s: it made %d of 5 images", c.name, len(list))
		}
	}
}

// TestTwoProcesses runs two commands on one folder at once: of the same images,
// both end well and the table is whole; of other images with other names, the
// table of one of them is kept and the other says so; of other images with the
// same names, no image is lost to another.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	model := samplertest.Tiny(t)
	rows := func(name, words string) string {
		text := "prompt,name\n"
		for i := range 12 {
			text += fmt.Sprintf("%s,%s%d\n", words, name, i)
		}
		return write(t, filepath.Join(dir, name+words+".csv"), text)
	}
	both := func(name string, prompts ...string) (out string, failed int) {
		out = filepath.Join(dir, name)
		var running []*exec.Cmd
		var said []fmt.Stringer
		for _, p := range prompts {
			cmd, stderr := program(t, "sample", "--device", "cpu", "--threads", "1", "--steps", "30", "--prompts", p, "--out", out)
			cmd.Env = append(cmd.Env, modelVariable+"="+model)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running, said = append(running, cmd), append(said, stderr)
		}
		for i, cmd := range running {
			if err := cmd.Wait(); err != nil {
				failed++
				if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(said[i].String(), "exists already") {
					t.Errorf("%s: %v: %q", name, err, said[i])
				}
			}
		}
		return out, failed
	}
	lines := func(out string) []string {
		return strings.Split(strings.TrimSuffix(string(read(t, filepath.Join(out, "metadata.csv"))), "\n"), "\n")[1:]
	}
	same := rows("a", "effusion")
	out, failed := both("same", same, same)
	if got := lines(out); failed != 0 || len(got) != 12 || !strings.HasPrefix(got[0], "a0.png,") || !strings.HasPrefix(got[11], "a11.png,") {
		t.Errorf("the same images: %d failed, the table is %q", failed, got)
	}
	out, failed = both("others", same, rows("b", "effusion"))
	got := lines(out)
	if failed != 1 || len(got) != 12 {
		t.Errorf("other images: %d failed, the table is %q", failed, got)
	}
	for i, line := range got {
		if line[0] != got[0][0] {
			t.Errorf("line %d of the table is %q, the first is %q", i, line, got[0])
		}
	}
	out, failed = both("names", same, rows("a", "normal"))
	if failed != 1 {
		t.Errorf("the same names: %d failed", failed)
	}
	prompt := ""
	for i := range 12 {
		s, err := readSettings(filepath.Join(out, fmt.Sprintf("a%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if prompt == "" {
			prompt = s.Prompt
		}
		if s.Prompt != prompt {
			t.Errorf("image %d is of %q, the first of %q", i, s.Prompt, prompt)
		}
	}
}

// TestReplacedTable finds that another run has put its table in the place of one.
func TestReplacedTable(t *testing.T) {
	x := &table{path: filepath.Join(t.TempDir(), "metadata.csv")}
	defer x.close()
	if err := x.write(func(yield func(string) bool) { yield("a\n") }, false); err != nil || x.replaced() {
		t.Errorf("one that was not added to: %v, replaced %t", err, x.replaced())
	}
	if err := x.add("b\n"); err != nil || x.replaced() {
		t.Errorf("by itself: %v, replaced %t", err, x.replaced())
	}
	if err := os.Rename(write(t, x.path+"2", "other"), x.path); err != nil || !x.replaced() {
		t.Errorf("by another: %v, replaced %t", err, x.replaced())
	}
}
