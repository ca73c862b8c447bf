//go:build linux && amd64

package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
)

// TestClockJumps runs the program where the time of day jumps by six hours each
// time that it is looked at: images are made, and no time limit ends a request
// early. An emulator runs it, whose clock can be replaced.
func TestClockJumps(t *testing.T) {
	if testing.Short() {
		t.Skip("runs under an emulator")
	}
	emulator, compiler := need.Program(t, "qemu-x86_64"), need.Program(t, "gcc", "cc")
	dir := t.TempDir()
	clock := filepath.Join(dir, "jump.so")
	if out, err := exec.Command(compiler, "-shared", "-fPIC", "-o", clock, filepath.Join("testdata", "jump.c")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	jumping := func(args ...string) (*exec.Cmd, *strings.Builder) {
		cmd := exec.CommandContext(t.Context(), emulator, append([]string{os.Args[0]}, args...)...)
		cmd.Env = append(os.Environ(), asProgram+"=1", modelVariable+"="+samplertest.Tiny(t), "LD_PRELOAD="+clock)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		return cmd, &stderr
	}
	cmd, stderr := jumping("sample", "--device", "cpu", "--steps", "2", "--seed", "1", "--count", "3", "--out", filepath.Join(dir, "x.png"))
	if err := cmd.Run(); err != nil || regexp.MustCompile(`\b[1-9][0-9]*h|-[0-9]`).MatchString(stderr.String()) {
		t.Errorf("sample: %v, %q", err, stderr)
	}
	if n := whole(t, dir, "jump.so"); n != 3 {
		t.Errorf("sample: %d images of 3", n)
	}

	cmd, stderr = jumping("serve", "--device", "cpu", "--address", "localhost:0", "--timeout", "5m")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v, %q", err, stderr)
	}
	url := regexp.MustCompile(`http://[^/]+/`).FindString(line)
	for range 2 {
		answer, err := http.Post(url+"v1/images", "application/json", strings.NewReader(`{"prompt":"effusion","steps":2}`))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("serve: status %d (%v), %.300s", answer.StatusCode, err, text)
		}
	}
}
