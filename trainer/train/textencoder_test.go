//go:build libtorch

package train_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// stopping cancels at the first line that says says.
type stopping struct {
	cancel func()
	says   string
}

func (s stopping) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(s.says)) {
		s.cancel()
	}
	return len(b), nil
}

// TestTextEncoder trains a small text encoder, whole and in two parts, and
// reads the folder that it writes.
func TestTextEncoder(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	dir := t.TempDir()
	options := func(name string) train.TextEncoderOptions {
		c := common(filepath.Join(dir, name), 12)
		c.Accumulate, c.EvaluateEvery = 2, 5
		return train.TextEncoderOptions{Common: c, Model: model.Tiny(), SensesLoss: 0.5, Vocab: samplertest.Vocabulary(512)}
	}
	run := func(ctx context.Context, o train.TextEncoderOptions, progress io.Writer) error {
		return train.TextEncoder(ctx, o, progress)
	}
	if err := run(t.Context(), options("whole"), io.Discard); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := run(ctx, options("cut"), stopping{cancel, "held_f1"}); !errors.Is(err, runs.ErrStopped) {
		t.Fatalf("a cancelled run ended with %v", err)
	}
	if err := run(t.Context(), options("cut"), io.Discard); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, filepath.Join(dir, "whole"), filepath.Join(dir, "cut"))
	l := losses(t, filepath.Join(dir, "whole"), "loss")
	if len(l) != 12 || mean(l[9:]) >= mean(l[:3]) {
		t.Errorf("losses %v", l)
	}

	e, err := bert.Open(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	want := options("whole").Model
	want.TextVocab = len(e.Vocab)
	if got := e.Apply(model.Tiny()); got.TextLayers != want.TextLayers || got.TextVocab != want.TextVocab || got.Tokens != want.Tokens || !got.Lowercase || !slices.Equal(e.Vocab, samplertest.Vocabulary(512)) {
		t.Errorf("%+v", got)
	}
	trained, err := runs.OpenTrained(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	for _, name := range []string{"text.embeddings.word_embeddings.weight", "text.encoder.layer.0.output.LayerNorm.bias"} {
		a, err := e.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := trained.Float32(name); err != nil || !slices.Equal(a, b) {
			t.Errorf("%s is not the average of the run: %v", name, err)
		}
	}

	if heads, err := weights.OpenPlain(filepath.Join(dir, "whole", train.FactsFile)); err != nil || !slices.Equal(heads.Shape("facts.weight"), []int{3*(dataset.Claimed+2) + 1 + dataset.Decades + 2, want.TextFeatures}) {
		t.Errorf("the maps of facts: %v", err)
	} else {
		heads.Close()
	}

	// One that has not learned enough is not written.
	poor := options("poor")
	poor.MinHeldF1 = 0.98
	if err := run(t.Context(), poor, io.Discard); !errors.Is(err, train.ErrEncoder) || !strings.Contains(err.Error(), "kept out of training") {
		t.Errorf("a poor encoder: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "poor", "model.safetensors")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a poor encoder is written: %v", err)
	}
	// A run does not resume with another vocabulary.
	other := options("whole")
	other.Vocab = samplertest.Vocabulary(500)
	if err := run(t.Context(), other, io.Discard); !errors.Is(err, runs.ErrCheckpoint) {
		t.Errorf("another vocabulary: %v", err)
	}
}
