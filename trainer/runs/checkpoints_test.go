package runs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

// TestSameModel compares the configuration of a checkpoint with that of a run.
func TestSameModel(t *testing.T) {
	text := func(c model.Config) string {
		s, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(s)
	}
	paper := text(model.Paper())
	otherDecoder := model.Mini()
	otherDecoder.DecoderChannels = []int{128, 96, 48}
	for _, c := range []struct {
		name, kind, a, b string
		same             bool
	}{
		{"the same text", "diffusion", paper, paper, true},
		{"another U-Net", "diffusion", text(model.Half()), paper, false},
		{"another U-Net, of an autoencoder", "vae", text(model.Half()), paper, true},
		{"another decoder", "vae", text(otherDecoder), text(model.Mini()), false},
		{"no configuration", "vae", `{"unet_rotary":true}`, paper, false},
		{"the same classifier", "classifier", `{"outputs":14}`, `{"outputs":14}`, true},
		{"another classifier", "classifier", `{"outputs":14}`, `{"outputs":15}`, false},
	} {
		if got := sameModel(c.kind, c.a, c.b); got != c.same {
			t.Errorf("%s: the same %t, want %t", c.name, got, c.same)
		}
	}
}

// TestKeepAs: a checkpoint gets a second name, or is copied; what is there of
// that name stays.
func TestKeepAs(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if os.Getenv("ROENTGO_TEST_NO_LINKS") != "" {
		dir = os.Getenv("ROENTGO_TEST_NO_LINKS")
	} else if strace, err := exec.LookPath("strace"); err == nil {
		other := t.TempDir()
		cmd := exec.CommandContext(t.Context(), strace, "-f", "-o", at("log"), "-e", "trace=linkat", "-e", "inject=linkat:error=EPERM", os.Args[0], "-test.run", "^TestKeepAs$")
		cmd.Env = append(os.Environ(), "ROENTGO_TEST_NO_LINKS="+other)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("without links: %v: %s", err, out)
		}
	}
	if err := os.WriteFile(at("new"), []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := keepAs(at("new"), at("old")); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(at("old")); err != nil || string(text) != "one" {
		t.Errorf("%q, %v", text, err)
	}
}
