//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
)

// everyCommand has a command line of each command that prints something. What
// they need is in dir.
func everyCommand(t *testing.T, dir string) map[string][]string {
	t.Helper()
	lines := map[string][]string{
		"sample":   {"sample", "--device", "cpu", "--steps", "1", "--seed", "1", "--force", "--json", "--out", filepath.Join(dir, "x.png"), "effusion"},
		"info":     {"info"},
		"verify":   {"verify"},
		"detect":   {"detect", filepath.Join(dir, "made.png")},
		"serve":    {"serve", "--device", "cpu", "--address", "localhost:0"},
		"devices":  {"devices"},
		"tune":     {"tune"},
		"bench":    {"bench", "--device", "cpu", "--steps", "1"},
		"licenses": {"licenses"},
		"version":  {"version"},
		"help":     {"help", "sample"},
	}
	for _, c := range commands() {
		if lines[c.Name()] == nil {
			t.Errorf("the command %s is not tried", c.Name())
		}
	}
	if status, _, stderr := roentgo(t, "sample", "--device", "cpu", "--steps", "1", "--out", lines["detect"][1]); status != 0 {
		t.Fatal(stderr)
	}
	return lines
}

// stuckPipe returns the end of a pipe to write to, which is full and which nobody
// empties.
func stuckPipe(t *testing.T) *os.File {
	t.Helper()
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(ends[0])
	syscall.CloseOnExec(ends[1])
	t.Cleanup(func() { syscall.Close(ends[0]) })
	if err := syscall.SetNonblock(ends[1], true); err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 4096); ; {
		if _, err := syscall.Write(ends[1], chunk); err == syscall.EAGAIN {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.SetNonblock(ends[1], false); err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(ends[1]), "pipe")
	t.Cleanup(func() { f.Close() })
	return f
}

// TestSignalsAnywhere ends every command by every signal: it works, or waits for
// somebody to read what it prints.
func TestSignalsAnywhere(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	for name, args := range everyCommand(t, dir) {
		var running []*exec.Cmd
		var said []interface{ String() string }
		signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
		for range signals {
			cmd, stderr := program(t, args...)
			cmd.Stdout = stuckPipe(t)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running, said = append(running, cmd), append(said, stderr)
		}
		time.Sleep(700 * time.Millisecond)
		for i, cmd := range running {
			cmd.Process.Signal(signals[i])
			endsWithin(t, name+" "+signals[i].String(), cmd, said[i])
		}
	}
}

// TestNobodyReads prints to a pipe that nobody reads any more, and to a full
// disk: every command fails with one line that says why.
func TestNobodyReads(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	reader, closed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer closed.Close()
	outputs := map[string]*os.File{"closed pipe": closed}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil { // Linux has it
		defer full.Close()
		outputs["full disk"] = full
	}
	for name, args := range everyCommand(t, dir) {
		for kind, output := range outputs {
			cmd, stderr := program(t, args...)
			cmd.Stdout = output
			cmd.Run()
			lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
			lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "roentgo: ") })
			says := map[string][]string{"closed pipe": {"broken pipe", "interrupted"}, "full disk": {"no space left"}}[kind]
			if cmd.ProcessState.ExitCode() != 1 || len(lines) != 1 || !slices.ContainsFunc(says, func(s string) bool { return strings.Contains(lines[0], s) }) {
				t.Errorf("%s, %s: status %d, %q", name, kind, cmd.ProcessState.ExitCode(), stderr)
			}
		}
	}
	if _, err := readSettings(filepath.Join(dir, "x.png")); err != nil {
		t.Errorf("the image whose name could not be printed: %v", err)
	}
}
