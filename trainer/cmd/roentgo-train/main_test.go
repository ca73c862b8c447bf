package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/weights"
)

// asProgram makes the test binary be the program itself.
const asProgram = "ROENTGO_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command is a command line as a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// vocabulary writes one into a folder.
func vocabulary(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "vocab.txt")
	if err := os.WriteFile(path, []byte(strings.Join(samplertest.Vocabulary(300), "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// program runs a command line as a process of its own.
func program(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	cmd := command(t, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// refused checks that a command line ends with that status and one line that
// says so.
func refused(t *testing.T, status int, says string, args ...string) {
	t.Helper()
	got, _, stderr := program(t, args...)
	if got != status || !strings.HasPrefix(stderr, "roentgo-train: ") || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, says) {
		t.Errorf("roentgo-train %q: status %d, %q; want status %d and one line with %q", args, got, stderr, status, says)
	}
}

func TestInitAndBadInput(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name, text string) string {
		if err := os.WriteFile(at(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	vocab := vocabulary(t, dir)
	out := at("random" + weights.Extension)
	config := put("tiny.toml", "unet_channels = [32, 96]\n")
	if status, _, stderr := program(t, "init", "--preset", "tiny", "--config", config, "--vocab", vocab, "--out", out); status != 0 {
		t.Fatal(stderr)
	}
	m, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	d, err := sampler.Describe(m)
	if err != nil || d.Model.UNetChannels[1] != 96 || d.Model.ImageSize != 64 {
		t.Errorf("%+v, %v", d.Model, err)
	}
	m.Close()

	initial := []string{"init", "--vocab", vocab, "--out"}
	with := func(args ...string) []string { return append(initial[:3:3], args...) }
	refused(t, 2, "exists already", with("--out", out, "--preset", "tiny")...)
	refused(t, 2, "no preset", with("--out", at("x"+weights.Extension), "--preset", "huge")...)
	refused(t, 2, "ends in", with("--out", at("x.bin"), "--preset", "tiny")...)
	refused(t, 2, "no kind of tensor", with("--out", at("x"+weights.Extension), "--preset", "tiny", "--kind", "f8")...)
	refused(t, 2, "no model file for", with("--out", at("x"+weights.Extension), "--preset", "tiny", "--for", "fun")...)
	refused(t, 2, "no objective", with("--out", at("x"+weights.Extension), "--objective", "x0")...)
	refused(t, 2, "unknown field", with("--out", at("x"+weights.Extension), "--config", put("bad.toml", "depth = 3"))...)
	refused(t, 2, "multiple of 32", with("--out", at("x"+weights.Extension), "--config", put("bad.toml", "unet_channels = [33]"))...)
	refused(t, 2, "required flag", "init")
	refused(t, 2, "unknown command", "trian")
	refused(t, 2, "unknown flag", "export", "--fast")
	refused(t, 1, "no such file", "init", "--vocab", at("absent"), "--out", at("x"+weights.Extension))
	refused(t, 1, "[PAD]", "init", "--vocab", put("words.txt", "one two"), "--out", at("x"+weights.Extension))
	refused(t, 1, "checkpoint", "export", "--vae", at("a"), "--diffusion", at("b"), "--out", at("x"+weights.Extension))
	refused(t, 1, "manifest", "prepare", "manifest", "--out", at("data"), at("absent.csv"))
	refused(t, 2, "usage", "prepare", "manifest", "--out", at("data"))
	refused(t, 2, "prepare what", "prepare")
	refused(t, 2, "fetch what", "fetch", "--out", at("fetched"))
	refused(t, 2, "no http", "fetch", "openi", "--base-url", "here", "--out", at("fetched"))
	refused(t, 1, "no such file", "prepare", "openi", "--reports", at("absent"), "--images", dir, "--out", at("data"))
	refused(t, 1, "no such file", "text", at("absent.xml"))
	refused(t, 2, "no decimal number", "prepare", "manifest", "--out", at("data"), "--test-fraction", "NaN", at("absent.csv"))
	refused(t, 2, "no decimal number", "prepare", "manifest", "--out", at("data"), "--size", "0x40", at("absent.csv"))
	refused(t, 2, "size 10 is not", "prepare", "manifest", "--out", at("data"), "--size", "010", at("absent.csv"))
	refused(t, 2, "NaN", with("--out", at("x"+weights.Extension), "--config", put("bad.toml", "text_norm_eps = nan"))...)
	refused(t, 1, "--allow-unknown", "prepare", "manifest", "--out", at("data"), put("labels.csv", "file,labels\n1.png,zebra\n"))
	if list, err := filepath.Glob(at("x*")); err != nil || len(list) != 0 {
		t.Errorf("files were left: %v", list)
	}
}
