//go:build libtorch

package train_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
)

// TestResumeChanged: a run does not resume with another batch, seed or other
// data, unless asked to, and says what changed. One that is past its steps says
// so and stays as it is.
func TestResumeChanged(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	run, data, other := t.TempDir(), prepared(t, 8), prepared(t, 7)
	defer data.Close()
	defer other.Close()
	begun := common(run, 2)
	begun.Batch = 2
	if err := trainVAE(t, t.Context(), data, begun); err != nil {
		t.Fatal(err)
	}
	noted, err := os.ReadFile(filepath.Join(run, runs.OptionsFile))
	if err != nil {
		t.Fatal(err)
	}
	on := begun
	on.Steps, on.Batch, on.Seed = 3, 1, 2
	err = trainVAE(t, t.Context(), other, on)
	if !errors.Is(err, runs.ErrOptions) {
		t.Fatalf("%v, want ErrOptions", err)
	}
	for _, says := range []string{"the data are ", "batch is 1, was 2", "seed is 2, was 1", "--allow-changes"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	say := func(c train.Common) string {
		var text strings.Builder
		if err := train.VAE(t.Context(), data, train.VAEOptions{Common: c, Model: model.Tiny(), KL: 1e-5, SSIM: 0.1}, &text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	short := begun
	short.Steps = 1
	if text := say(short); !strings.Contains(text, "already at step 2, past, nothing is left of 1 steps") {
		t.Errorf("past its steps: %q", text)
	}
	if text := say(begun); !strings.Contains(text, "already at step 2, nothing is left of 2 steps") {
		t.Errorf("at its steps: %q", text)
	}
	if now, err := os.ReadFile(filepath.Join(run, runs.OptionsFile)); err != nil || string(now) != string(noted) {
		t.Errorf("a refused run is noted: %s, %v", now, err)
	}
	on.AllowChanges = true
	if text := say(on); !strings.Contains(text, "changed: batch is 1, was 2") || !strings.Contains(text, "resuming from step 2 of 3") {
		t.Errorf("with changes allowed: %q", text)
	}
}
