//go:build libtorch

package train_test

import (
	"errors"
	"io"
	"math"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// distills trains a student, checks that its error against the teacher ends below
// the part most of what it was at first, and returns the student's run.
func distills(t *testing.T, data *dataset.Prepared, vae, teacher, run string, most float64, change func(o *train.DistillOptions)) string {
	t.Helper()
	autoencoder, err := runs.OpenTrained(vae)
	if err != nil {
		t.Fatal(err)
	}
	defer autoencoder.Close()
	trained, err := runs.OpenTrained(teacher)
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	run = filepath.Join(filepath.Dir(teacher), run)
	o := train.DistillOptions{Guidance: 1, Spacing: schedule.Trailing, Teacher: trained, DiffusionOptions: train.DiffusionOptions{Common: common(run, 150), Model: model.Tiny(), Schedule: schedule.ZeroTerminal(),
		Vocab: samplertest.Vocabulary(512), VAE: runs.Autoencoder{Source: autoencoder, Hash: "test"}}}
	o.Rate, o.EvaluateEvery = 1e-3, 150
	change(&o)
	if err := train.Distill(t.Context(), data, o, io.Discard); err != nil {
		t.Fatal(err)
	}
	l := losses(t, run, "loss")
	begin, end := mean(l[:10]), mean(l[len(l)-30:])
	t.Logf("%s: the loss fell from %.5f to %.5f, %.5f on held-out images", filepath.Base(run), begin, end, losses(t, run, "test_teacher")[0])
	if !(end < most*begin) {
		t.Errorf("%s: the loss fell from %.5f to %.5f, not below %.2f of it", filepath.Base(run), begin, end, most)
	}
	return run
}

// distillation takes a trained diffusion model to one that samples in four
// steps without guidance, and checks that its samples are still images of those
// that the teacher knows by heart.
func distillation(t *testing.T, data *dataset.Prepared, vae, teacher string) {
	guided := distills(t, data, vae, teacher, "guided", 0.5, func(o *train.DistillOptions) { o.Guidance = 2 })
	// On images known by heart a teacher's steps are nearly straight, so that the
	// students of fewer steps have little to learn: their samples are the test.
	eight := distills(t, data, vae, guided, "eight", 2, func(o *train.DistillOptions) { o.StudentSteps = 8 })
	four := distills(t, data, vae, eight, "four", 2, func(o *train.DistillOptions) { o.StudentSteps = 4 })
	paths, err := runs.Export([]string{vae}, four, runs.FileOptions{Out: filepath.Join(t.TempDir(), "four"+weights.Extension), For: runs.ForSampling, Kind: weights.F16})
	if err != nil {
		t.Fatal(err)
	}
	s := samplertest.Open(t, paths[0], sampler.Options{Device: sampler.CPU})
	x := make([]float32, 64*64)
	images := data.Split(dataset.Train)
	for _, i := range images[:4] {
		text := dataset.Caption(data.Records[i], 1, i, 0)
		result, err := s.Sample(t.Context(), sampler.Request{Prompt: text, Seed: uint64(i), Sampler: schedule.DDIM, Steps: 4, Guidance: 1, Truncate: true})
		if err != nil {
			t.Fatal(err)
		}
		best := math.Inf(-1)
		for _, j := range images {
			data.Image(j, x)
			best = max(best, samplertest.PSNR(result.Images[0].Pix, x))
		}
		t.Logf("%q in four steps: within %.1f dB of an image", text, best)
		if best < 15 {
			t.Errorf("%q in four steps: no nearer than %.1f dB to any of the eight", text, best)
		}
	}
}

func TestRefusedDistillation(t *testing.T) {
	trained := &runs.Trained{}
	for name, o := range map[string]train.DistillOptions{
		"no teacher":       {Guidance: 1},
		"negative steps":   {Guidance: 1, Teacher: trained, StudentSteps: -1},
		"too many steps":   {Guidance: 1, Teacher: trained, StudentSteps: 251},
		"guidance below 1": {Guidance: 0.5, Teacher: trained},
		"guidance NaN":     {Guidance: math.NaN(), Teacher: trained},
		"epsilon":          {Guidance: 1, Teacher: trained, DiffusionOptions: train.DiffusionOptions{Schedule: schedule.Study()}},
	} {
		if o.Schedule.Prediction == "" {
			o.Schedule = schedule.ZeroTerminal()
		}
		if err := train.Distill(t.Context(), nil, o, io.Discard); !errors.Is(err, runs.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
