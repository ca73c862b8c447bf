//go:build libtorch

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
)

func TestAblate(t *testing.T) {
	dir := t.TempDir()
	vocab := filepath.Join(dir, "vocab.txt")
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("vocab.txt", strings.Join(samplertest.Vocabulary(300), "\n"))
	head := fmt.Sprintf("data = %q\npreset = \"tiny\"\n[vae]\nsteps = 2\nbatch = 2\ndevice = \"cpu\"\n[diffusion]\nvocab = %q\nsteps = 2\nbatch = 2\ndevice = \"cpu\"\ngrid-prompt = [\"effusion\"]\n", someData(t, dir, 12), vocab)
	file := put("study.toml", head+"[[variant]]\nname = \"No text\"\ndiffusion = { text = \"none\" }\n[[variant]]\nname = \"8 channels\"\nconfig = { latent_channels = 8 }\n")
	out := filepath.Join(dir, "runs")
	ablate := func(args ...string) []string {
		t.Helper()
		status, stdout, stderr := program(t, append([]string{"ablate", "--out", out, file}, args...)...)
		if status != 0 {
			t.Fatal(stderr)
		}
		return strings.Split(strings.TrimSpace(stdout), "\n")
	}
	if table := ablate("--shard", "0/2"); len(table) != 4 || !strings.Contains(table[2], "not trained") || !strings.HasPrefix(table[3], "8 channels") {
		t.Errorf("%q", table)
	}
	before, err := os.Stat(filepath.Join(out, "base", "unet", "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	ablate("--shard", "1/2")
	table := ablate("--table")
	for i, name := range []string{"base", "No text", "8 channels"} {
		if cells := strings.Fields(table[i+1][len(name):]); !strings.HasPrefix(table[i+1], name) || cells[0] != "2" || cells[1] == "0.0000" {
			t.Errorf("%q", table[i+1])
		}
	}
	if after, err := os.Stat(filepath.Join(out, "base", "unet", "log.jsonl")); err != nil || after.Size() != before.Size() {
		t.Errorf("what was complete was trained again: %v", err)
	}

	bad := func(says, text string) {
		t.Helper()
		refused(t, 2, says, "ablate", "--out", out, put("bad.toml", text))
	}
	bad("data is missing", "preset = \"tiny\"")
	bad("nothing is called", head+"[other]\nx = 1\n")
	bad("unknown flag", head+"[[variant]]\nname = \"a\"\nvae = { stepss = 3 }\n")
	bad("invalid argument", head+"[[variant]]\nname = \"a\"\nvae = { steps = \"many\" }\n")
	bad("unknown field", head+"[[variant]]\nname = \"a\"\nconfig = { depth = 3 }\n")
	bad("no name", head+"[[variant]]\nname = \"Base\"\n")
	bad("no preset", strings.Replace(head, "tiny", "huge", 1))
	refused(t, 2, "i/N", "ablate", "--out", out, "--shard", "2/2", file)
}

func TestBenchAndDoctor(t *testing.T) {
	status, stdout, stderr := program(t, "bench", "train", "--preset", "tiny", "--batch", "2", "--steps", "1", "--device", "cpu")
	if status != 0 || !strings.Contains(stdout, "samples/s") {
		t.Errorf("%d, %q, %q", status, stdout, stderr)
	}
	status, stdout, stderr = program(t, "doctor", "--device", "cpu")
	if status != 0 || !strings.Contains(stdout, "libtorch  2.") || !strings.Contains(stdout, "training  on cpu") {
		t.Errorf("%d, %q, %q", status, stdout, stderr)
	}
	refused(t, 2, "no such device", "doctor", "--device", "tpu")
	refused(t, 2, "bench what", "bench")
	refused(t, 2, "needs a CUDA device", "bench", "train", "--preset", "tiny", "--precision", "f16", "--device", "cpu")
}
