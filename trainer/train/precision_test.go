//go:build libtorch

package train_test

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
)

// TestFasterPrecision checks that the choice follows from the times that are
// printed.
func TestFasterPrecision(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
	if !libtorch.HasBF16() {
		if chosen != "f32" || !strings.Contains(out.String(), "does not compute in bfloat16") {
			t.Errorf("chose %q and printed %q", chosen, out.String())
		}
		return
	}
	line := regexp.MustCompile(`^precision: a step takes (\d+) ms in f32 and (\d+) ms in bf16: training in (f32|bf16)\n$`).FindStringSubmatch(out.String())
	slow := regexp.MustCompile(`^precision: this processor emulates bfloat16 \(a convolution takes [\d.]+ ms in f32 and [\d.]+ ms in bf16\): training in f32\n$`).MatchString(out.String())
	if runtime.GOARCH == "amd64" && !cpu.X86.HasAVX512F && !slow {
		t.Errorf("without AVX-512 it measured steps: %q", out.String())
	}
	if slow && chosen == "f32" {
		return
	}
	if line == nil || line[3] != chosen {
		t.Errorf("chose %q and printed %q", chosen, out.String())
	}
}

// TestPrecisionWithoutBF16 checks that bfloat16 is either computed or refused
// before the first step.
func TestPrecisionWithoutBF16(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cfg, err := model.Preset("tiny")
	if err != nil {
		t.Fatal(err)
	}
	o := train.BenchOptions{Common: train.Common{Batch: 2, Accumulate: 1, Steps: 1, EMA: 0.9, Precision: "bf16"}, Model: cfg, Tokens: 4}
	result, err := train.Bench(context.Background(), o)
	if libtorch.HasBF16() && (err != nil || len(result.Milliseconds) != 1) || !libtorch.HasBF16() && !errors.Is(err, runs.ErrOptions) {
		t.Errorf("%d steps with the error %v", len(result.Milliseconds), err)
	}
}

func TestPrecisionOfTextEncoder(t *testing.T) {
	err := train.TextEncoder(context.Background(), train.TextEncoderOptions{Common: train.Common{Precision: train.PrecisionAuto}, Model: model.Mini(), Vocab: samplertest.Vocabulary(50), SensesLoss: 1}, nil)
	if !errors.Is(err, runs.ErrOptions) {
		t.Errorf("the error is %v", err)
	}
}
