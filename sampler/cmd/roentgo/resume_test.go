//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
)

// write puts a file of a test in its place.
// TestBatchGoesOn makes a batch whole, and again from what an interruption
// leaves: the files are the same, and what was there is not made again.
func TestBatchGoesOn(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	prompts := write(t, filepath.Join(dir, "prompts.csv"), "prompt,negative\neffusion,\nnormal,effusion\nno effusion,\nchest x-ray,\npleural effusion,\n")
	for _, c := range []struct {
		name  string
		args  func(out string) []string
		first string // file
	}{
		{"rows", func(out string) []string { return []string{"--prompts", prompts, "--out", out} }, "000001.png"},
		{"seeds", func(out string) []string {
			return []string{"--seed", "1", "--count", "5", "--out", filepath.Join(out, "x.png"), "effusion"}
		}, "x-1.png"},
	} {
		whole, again := filepath.Join(dir, c.name), filepath.Join(dir, c.name+" again")
		make := func(out string, more ...string) (status int, stdout, stderr string) {
			t.Helper()
			if err := os.MkdirAll(out, 0o700); err != nil {
				t.Fatal(err)
			}
			return roentgo(t, slices.Concat([]string{"sample", "--device", "cpu", "--steps", "2"}, c.args(out), more)...)
		}
		if status, _, stderr := make(whole); status != 0 {
			t.Fatal(stderr)
		}
		for _, gone := range []string{"4 5", "2 4", "1 2 3 4 5", ""} {
			if err := os.RemoveAll(again); err != nil {
				t.Fatal(err)
			}
			if status, _, stderr := make(again); status != 0 {
				t.Fatal(stderr)
			}
			for _, n := range strings.Fields(gone) {
				if err := os.Remove(filepath.Join(again, c.first[:len(c.first)-5]+n+".png")); err != nil {
					t.Fatal(err)
				}
			}
			if table := filepath.Join(again, "metadata.csv"); c.name == "rows" { // cut in its last line
				b := read(t, table)
				if err := os.WriteFile(table, b[:len(b)-9], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			status, stdout, stderr := make(again)
			if n := len(strings.Fields(gone)); status != 0 || strings.Count(stdout, ".png") != n || n < 5 && !strings.Contains(stderr, fmt.Sprintf("%d of 5 images are there", 5-n)) {
				t.Errorf("%s without %q: status %d, %q, %q", c.name, gone, status, stdout, stderr)
			}
			sameFiles(t, whole, again)
		}
		before := read(t, filepath.Join(again, c.first))
		for says, args := range map[string][]string{"number of steps differs": {"--steps", "3"}, "guidance differs": {"--guidance", "3"}} {
			if status, _, stderr := make(again, args...); status != 2 || !strings.Contains(stderr, says) {
				t.Errorf("%s with %q: status %d, %q", c.name, args, status, stderr)
			}
		}
		write(t, filepath.Join(again, c.first), "mine")
		if status, _, stderr := make(again); status != 2 || !strings.Contains(stderr, "exists already and is not the image") {
			t.Errorf("%s with another file there: status %d, %q", c.name, status, stderr)
		}
		if status, _, stderr := make(again, "--force"); status != 0 || string(read(t, filepath.Join(again, c.first))) != string(before) {
			t.Errorf("%s with --force: status %d, %q", c.name, status, stderr)
		}
	}
}

// TestBatchThatMadeNothing leaves nothing, and lets the mended one be made.
func TestBatchThatMadeNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	prompts := filepath.Join(dir, "prompts.csv")
	args := []string{"sample", "--device", "cpu", "--steps", "1", "--prompts", prompts, "--out", filepath.Join(dir, "a/b/c")}
	write(t, prompts, "prompt\neffusion\n"+strings.Repeat("effusion ", 40)+"\n")
	refused(t, dir, 2, "row 2", args...)
	write(t, prompts, "prompt\neffusion\nnormal\n")
	if status, _, stderr := roentgo(t, args...); status != 0 {
		t.Errorf("mended: status %d, %q", status, stderr)
	}
	// The table of other images is kept.
	write(t, prompts, "prompt,name\neffusion,other\n")
	if status, _, stderr := roentgo(t, args...); status != 2 || !strings.Contains(stderr, `lists "000001.png"`) {
		t.Errorf("other images: status %d, %q", status, stderr)
	}
	write(t, filepath.Join(dir, "a/b/c/metadata.csv"), "mine\n")
	if status, _, stderr := roentgo(t, args...); status != 2 || !strings.Contains(stderr, "no table of this program") {
		t.Errorf("another table: status %d, %q", status, stderr)
	}
}

// TestSignals ends a batch by each signal: what is made is whole, the table
// has a line for each image, and the same command makes the rest.
func TestSignals(t *testing.T) {
	model := samplertest.Tiny(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL} {
		dir := t.TempDir()
		prompts := write(t, filepath.Join(dir, "prompts.csv"), "prompt\n"+strings.Repeat("effusion\n", 30))
		out := filepath.Join(dir, "out")
		args := []string{"sample", "--device", "cpu", "--steps", "60", "--prompts", prompts, "--out", out}
		cmd, stderr := program(t, args...)
		cmd.Env = append(cmd.Env, modelVariable+"="+model)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for list, _ := filepath.Glob(filepath.Join(out, "0*.png")); len(list) < 3; list, _ = filepath.Glob(filepath.Join(out, "0*.png")) {
			time.Sleep(5 * time.Millisecond)
			if t.Context().Err() != nil {
				t.Fatal("nothing begins")
			}
		}
		cmd.Process.Signal(signal)
		cmd.Wait()
		if signal != syscall.SIGKILL && (cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "roentgo: interrupted")) {
			t.Errorf("%v: status %d, %q", signal, cmd.ProcessState.ExitCode(), stderr)
		}
		images, _ := filepath.Glob(filepath.Join(out, "0*.png"))
		lines := strings.Count(string(read(t, filepath.Join(out, "metadata.csv"))), "\n") - 1
		if len(images) == 30 || len(images)-lines > 1 || len(images) < lines {
			t.Errorf("%v: %d images and %d lines", signal, len(images), lines)
		}
		for _, path := range images {
			if _, err := readSettings(path); err != nil {
				t.Error(err)
			}
		}
		t.Setenv(modelVariable, model)
		if status, stdout, stderr := roentgo(t, args...); status != 0 || strings.Count(stdout, ".png") != 30-len(images) {
			t.Errorf("%v: again: status %d, %q", signal, status, stderr)
		}
		if table := strings.Split(string(read(t, filepath.Join(out, "metadata.csv"))), "\n"); len(table) != 32 || !strings.HasPrefix(table[30], "000030.png,") {
			t.Errorf("%v: the table is %q", signal, table)
		}
	}
}

// TestClosedPipe ends a batch whose output nobody reads any more.
func TestClosedPipe(t *testing.T) {
	dir := t.TempDir()
	prompts := write(t, filepath.Join(dir, "prompts.csv"), "prompt\n"+strings.Repeat("effusion\n", 30))
	out := filepath.Join(dir, "out")
	cmd, stderr := program(t, "sample", "--device", "cpu", "--steps", "60", "--prompts", prompts, "--out", out)
	cmd.Env = append(cmd.Env, modelVariable+"="+samplertest.Tiny(t))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	cmd.Stdout = writer
	cmd.Run()
	writer.Close()
	images, _ := filepath.Glob(filepath.Join(out, "0*.png"))
	if cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "roentgo: interrupted") || len(images) == 0 || len(images) == 30 {
		t.Errorf("status %d, %d images, %q", cmd.ProcessState.ExitCode(), len(images), stderr)
	}
	if lines := strings.Count(string(read(t, filepath.Join(out, "metadata.csv"))), "\n") - 1; lines != len(images) {
		t.Errorf("%d images and %d lines", len(images), lines)
	}
}

// TestInterruptedInput interrupts a run that waits for a pipe nobody writes.
func TestInterruptedInput(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"--prompts", "--from"} {
		cmd, stderr := program(t, "sample", flag, pipe, "--out", filepath.Join(dir, "out"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond) // until it waits
		began := time.Now()
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		if d := time.Since(began); d > 2*time.Second || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "interrupted") {
			t.Errorf("%s: status %d after %v, %q", flag, cmd.ProcessState.ExitCode(), d, stderr)
		}
	}
}
