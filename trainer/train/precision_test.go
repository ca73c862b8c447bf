//go:build libtorch

package train_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/train"
)

// TestFasterPrecision checks that the choice follows from the times that are
// printed.
func TestFasterPrecision(t *testing.T) {
	cfg, err := model.Preset("tiny")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	o := train.BenchOptions{Common: train.Common{Batch: 2, Accumulate: 1, EMA: 0.9}, Model: cfg, Tokens: 4}
	chosen, err := train.FasterPrecision(context.Background(), o, &out)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^precision: a step takes (\d+) ms in f32 and (\d+) ms in bf16: training in (f32|bf16)\n$`).FindStringSubmatch(out.String())
	if line == nil || line[3] != chosen {
		t.Errorf("chose %q and printed %q", chosen, out.String())
	}
}

func TestPrecisionOfTextEncoder(t *testing.T) {
	err := train.TextEncoder(context.Background(), train.TextEncoderOptions{Common: train.Common{Precision: train.PrecisionAuto}, Model: model.Mini(), Vocab: samplertest.Vocabulary(50), SensesLoss: 1}, nil)
	if !errors.Is(err, train.ErrOptions) {
		t.Errorf("the error is %v", err)
	}
}
