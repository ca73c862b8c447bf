//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/need"
)

// TestSignals ends commands by each signal where they wait: for a pipe that
// nobody writes, and for a server that does not answer.
func TestSignals(t *testing.T) {
	need.Hangup(t)
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.xml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	silent, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	out := filepath.Join(dir, "out")
	for _, args := range [][]string{
		{"text", pipe},
		{"prepare", "manifest", "--out", out, pipe},
		{"prepare", "openi", "--reports", pipe, "--images", dir, "--out", out},
		{"fetch", "openi", "--base-url", "http://" + silent.Addr().String(), "--out", out},
	} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			cmd := command(t, args...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waits(t, cmd.Process.Pid)
			began := time.Now()
			cmd.Process.Signal(signal)
			cmd.Wait()
			// The machine's other work may delay it.
			if d := time.Since(began); d > time.Second+500*time.Millisecond || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "roentgo-train: interrupted") {
				t.Errorf("%q, %v: status %d after %v, %q", args, signal, cmd.ProcessState.ExitCode(), d, &stderr)
			}
		}
	}
}

// waits returns once all threads of a process have slept for half a second: it has
// started, and waits for something.
func waits(t *testing.T, pid int) {
	t.Helper()
	const each, enough = 50 * time.Millisecond, 10
	slept := 0
	for deadline := time.Now().Add(time.Minute); slept < enough; time.Sleep(each) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d does not wait for anything", pid)
		}
		slept++
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range threads {
			text, err := os.ReadFile(path)
			// The state is the letter after the name, which is in brackets.
			if _, rest, _ := bytes.Cut(text, []byte(") ")); err != nil || !bytes.HasPrefix(rest, []byte("S")) {
				slept = 0
			}
		}
	}
}
