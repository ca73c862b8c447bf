//go:build libtorch

package train_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

func TestMain(m *testing.M) {
	if err := libtorch.Start(2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for name, program := range map[string]func() error{killedRun: trainToBeKilled, fullRun: trainOnFullDisk} {
		if os.Getenv(name) != "" {
			if err := program(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// prepared makes a folder of n real images of n patients, 64 pixels per side, one
// of which is for testing. Each has one finding, and no two the same, so that
// captions differ between them (those of COVID-19 leave the finding out).
func prepared(t *testing.T, n int) *dataset.Prepared {
	t.Helper()
	manifest := specimen.Manifest()
	file, err := os.Open(manifest)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	dir := t.TempDir()
	some := [][]string{rows[0]}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		label := row[column["labels"]]
		if row[column["licence_class"]] != "A" || seen[row[column["patient_id"]]] || seen[label] || len(some) > n || strings.Contains(label, "|") || label == "COVID-19" {
			continue
		}
		seen[row[column["patient_id"]]], seen[label] = true, true
		name := fmt.Sprint(len(some)) + filepath.Ext(row[column["file"]])
		if err := os.Symlink(filepath.Join(filepath.Dir(manifest), row[column["file"]]), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		row[column["file"]] = name
		some = append(some, row)
	}
	small, err := os.Create(filepath.Join(dir, "manifest.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(csv.NewWriter(small).WriteAll(some), small.Close()); err != nil {
		t.Fatal(err)
	}
	// Which patients are tested is decided by a hash of the seed.
	for seed := uint64(1); ; seed++ {
		out := filepath.Join(dir, fmt.Sprint("prepared", seed))
		sum, err := dataset.Prepare(t.Context(), dataset.Options{Manifests: []string{small.Name()}, Out: out, Size: 64, Seed: seed, TestFraction: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		if sum.Test != 1 {
			continue
		}
		p, err := dataset.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

func common(run string, steps int) train.Common {
	return train.Common{Run: run, Steps: steps, Batch: 8, Accumulate: 1, Rate: 2e-3, Warmup: 20, Decay: 0.5, Clip: 1, EMA: 0.99, Seed: 1}
}

func trainVAE(t *testing.T, ctx context.Context, data *dataset.Prepared, c train.Common) error {
	t.Helper()
	return train.VAE(ctx, data, vaeOptions(c), io.Discard)
}

func vaeOptions(c train.Common) train.VAEOptions {
	return train.VAEOptions{Common: c, Model: model.Tiny(), KL: 1e-5, SSIM: 0.1}
}

func trainDiffusion(t *testing.T, ctx context.Context, data *dataset.Prepared, vae string, s schedule.Config, c train.Common) error {
	t.Helper()
	trained, err := runs.OpenTrained(vae)
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	return train.Diffusion(ctx, data, train.DiffusionOptions{Common: c, Model: model.Tiny(), Schedule: s,
		Vocab: samplertest.Vocabulary(512), VAE: runs.Autoencoder{Source: trained, Hash: "test"}}, io.Discard)
}

// losses returns the figures of that name from a run's log, in order.
func losses(t *testing.T, run, name string) []float64 {
	t.Helper()
	list, err := runs.ReadLog(run)
	if err != nil {
		t.Fatal(err)
	}
	var values []float64
	for _, line := range list {
		if v, ok := line[name]; ok {
			values = append(values, v)
		}
	}
	return values
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x / float64(len(v))
	}
	return sum
}

// TestOverfit goes the whole way: eight real images, an autoencoder and a
// diffusion model that learn them by heart, a model file, and samples of it
// that are one of the eight.
func TestOverfit(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	images := data.Split(dataset.Train)
	if len(images) != 8 {
		t.Fatalf("%d images to train on; 8 are meant", len(images))
	}
	dir := t.TempDir()
	vae, unet := filepath.Join(dir, "vae"), filepath.Join(dir, "unet")
	if err := trainVAE(t, t.Context(), data, common(vae, 600)); err != nil {
		t.Fatal(err)
	}
	if l := losses(t, vae, "l1"); mean(l[len(l)-20:]) > 0.05*l[0] {
		t.Errorf("the autoencoder's error fell from %.4f to %.4f, not below 5 %%", l[0], mean(l[len(l)-20:]))
	}
	if err := trainDiffusion(t, t.Context(), data, vae, schedule.ZeroTerminal(), common(unet, 1200)); err != nil {
		t.Fatal(err)
	}
	// The loss of v at pure noise is what the caption does not say of the
	// image. That of ε has no such floor: it is what is held to 5 %.
	noise := filepath.Join(dir, "noise")
	if err := trainDiffusion(t, t.Context(), data, vae, schedule.Study(), common(noise, 1200)); err != nil {
		t.Fatal(err)
	}
	for run, most := range map[string]float64{unet: 0.4, noise: 0.05} {
		l := losses(t, run, "loss")
		if end := mean(l[len(l)-50:]); end > most*l[0] {
			t.Errorf("the loss of %s fell from %.4f to %.4f, not below %.2f of it", filepath.Base(run), l[0], end, most)
		} else {
			t.Logf("the loss of %s fell from %.4f to %.4f", filepath.Base(run), l[0], end)
		}
	}
	paths, err := runs.Export([]string{vae}, unet, runs.FileOptions{Out: filepath.Join(dir, "model"+weights.Extension), For: runs.ForSampling, Kind: weights.Int8})
	if err != nil {
		t.Fatal(err)
	}
	s := samplertest.Open(t, paths[0], sampler.Options{Device: sampler.CPU})
	x := make([]float32, 64*64)
	for _, i := range images[:4] {
		text := dataset.Caption(data.Records[i], 1, i, 0)
		result, err := s.Sample(t.Context(), sampler.Request{Prompt: text, Seed: uint64(i), Steps: 50, Guidance: 1, Truncate: true})
		if err != nil {
			t.Fatal(err)
		}
		best, of := math.Inf(-1), 0
		for _, j := range images {
			data.Image(j, x)
			if p := samplertest.PSNR(result.Images[0].Pix, x); p > best {
				best, of = p, j
			}
		}
		t.Logf("%q: within %.1f dB of image %d, its own is %d", text, best, of, i)
		if best < 20 {
			t.Errorf("%q: no nearer than %.1f dB to any of the eight", text, best)
		}
	}
	distillation(t, data, vae, unet)
}

// TestResume stops trainings and resumes them: the weights are those of an unbroken
// run, bit for bit.
func TestResume(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	// The schedule of the rate knows the number of all steps: a run is cut by
	// cancelling it.
	cut := func(ctx context.Context, run func(ctx context.Context) error, log string, after int) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			for ctx.Err() == nil {
				if list, err := runs.ReadLog(log); err == nil && len(list) >= after {
					cancel()
				}
			}
		}()
		if err := run(ctx); !errors.Is(err, runs.ErrStopped) {
			t.Fatalf("a cancelled run ended with %v", err)
		}
	}
	const steps = 40
	vae := func(name string) func(context.Context) error {
		return func(ctx context.Context) error { return trainVAE(t, ctx, data, common(at(name), steps)) }
	}
	if err := vae("whole")(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut(t.Context(), vae("cut"), at("cut"), 5)
	if err := vae("cut")(t.Context()); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, at("whole"), at("cut"))
	unet := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			return trainDiffusion(t, ctx, data, at("whole"), schedule.ZeroTerminal(), common(at(name), steps))
		}
	}
	if err := unet("unet")(t.Context()); err != nil {
		t.Fatal(err)
	}
	cut(t.Context(), unet("unet-cut"), at("unet-cut"), 5)
	if err := unet("unet-cut")(t.Context()); err != nil {
		t.Fatal(err)
	}
	equalRuns(t, at("unet"), at("unet-cut"))

	// Another configuration does not resume from it.
	c := common(at("cut"), steps)
	other := model.Tiny()
	other.DecoderChannels = []int{32, 32, 32}
	if err := train.VAE(t.Context(), data, train.VAEOptions{Common: c, Model: other}, io.Discard); !errors.Is(err, runs.ErrCheckpoint) {
		t.Errorf("another configuration: %v", err)
	}
	// A damaged checkpoint is said to be one, and kept.
	path := filepath.Join(at("cut"), runs.CheckpointFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := vae("cut")(t.Context()); !errors.Is(err, runs.ErrCheckpoint) {
		t.Errorf("half a checkpoint: %v", err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() != int64(len(whole)/2) {
		t.Errorf("the damaged checkpoint was touched: %v", err)
	}
}

func equalRuns(t *testing.T, a, b string) {
	t.Helper()
	x, err := weights.OpenPlain(filepath.Join(a, runs.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	y, err := weights.OpenPlain(filepath.Join(b, runs.CheckpointFile))
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	for _, name := range x.Names() {
		u, err := x.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		v, err := y.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range u {
			if math.Float32bits(u[i]) != math.Float32bits(v[i]) {
				t.Fatalf("%s and %s differ in %s", filepath.Base(a), filepath.Base(b), name)
			}
		}
	}
}

// TestInitialFile begins a training from an exported file: one step at almost
// no rate leaves its weights as they are.
func TestInitialFile(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	dir := t.TempDir()
	out := filepath.Join(dir, "model"+weights.Extension)
	if _, err := runs.Init(model.Tiny(), schedule.ZeroTerminal(), samplertest.Vocabulary(512), 7, runs.FileOptions{
		Out: out, For: runs.ForSampling, Kind: weights.F32, Sampling: runs.DefaultSampling(schedule.ZeroTerminal())}); err != nil {
		t.Fatal(err)
	}
	m, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	c := common(filepath.Join(dir, "run"), 1)
	c.Rate, c.Warmup = 1e-12, 0
	var said strings.Builder
	if err := train.VAE(t.Context(), data, train.VAEOptions{Common: c, Model: model.Tiny(), Init: runs.Initial{Model: m}}, &said); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "lacks") || !strings.Contains(said.String(), "vae.encoder.") {
		t.Errorf("it is not said that a file for sampling lacks the encoder: %q", said.String())
	}
	trained, err := runs.OpenTrained(c.Run)
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	const name = "vae.decoder.conv_in.weight"
	want, err := m.Float32(name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := trained.Float32(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-9 {
			t.Fatalf("weight %d is %g, and %g in the file", i, got[i], want[i])
		}
	}
}

// TestEncoders trains a few steps with a frozen BERT and without text, exports
// and samples both, and starts from a model file's autoencoder.
func TestEncoders(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	for i := range data.Records[:6] { // some have reports, the others captions
		data.Records[i].Report = fmt.Sprintf("The heart is normal. Finding %d.", i)
	}
	dir := t.TempDir()
	vae := filepath.Join(dir, "vae")
	if err := trainVAE(t, t.Context(), data, common(vae, 2)); err != nil {
		t.Fatal(err)
	}
	encoder := filepath.Join(dir, "bert")
	writeBERT(t, encoder, 1)
	for name, text := range map[string]string{"frozen": encoder, "none": ""} {
		a, err := runs.OpenAutoencoder([]string{vae})
		if err != nil {
			t.Fatal(err)
		}
		o := train.DiffusionOptions{Common: common(filepath.Join(dir, name), 3), Model: a.Model, Schedule: schedule.ZeroTerminal(), VAE: a, Null: 0.2, Prompts: []string{"heart"}}
		o.Accumulate, o.EvaluateEvery = 2, 3
		if text != "" {
			if o.Text, err = bert.Open(text); err != nil {
				t.Fatal(err)
			}
		} else {
			o.Model.TextLayers = 0
		}
		if err := train.Diffusion(t.Context(), data, o, io.Discard); err != nil {
			t.Fatal(name, err)
		}
		a.Close()
		trained, err := runs.OpenTrained(o.Run)
		if err != nil {
			t.Fatal(err)
		}
		if trained.Has("text.embeddings.LayerNorm.weight") || trained.Has("adapter.proj.weight") != (text != "") {
			t.Errorf("%s: the checkpoint holds the wrong text parameters", name)
		}
		trained.Close()
		out := filepath.Join(dir, name+weights.Extension)
		paths, err := runs.Export([]string{vae}, o.Run, runs.FileOptions{Out: out, For: runs.ForTraining, Kind: weights.F16})
		if err != nil {
			t.Fatal(name, err)
		}
		s := samplertest.Open(t, paths[0], sampler.Options{Device: sampler.CPU})
		request := sampler.Request{Seed: 1, Steps: 2}
		if text != "" {
			request.Prompt = "heart"
		}
		result, err := s.Sample(t.Context(), request)
		if err != nil || len(result.Images[0].Pix) != 64*64 {
			t.Fatal(name, err)
		}
		if text == "" {
			if _, err := s.Sample(t.Context(), sampler.Request{Prompt: "heart"}); !errors.Is(err, sampler.ErrRequest) {
				t.Errorf("a prompt for a model without text: %v", err)
			}
			continue
		}
		// The exported file brings an autoencoder, and the encoder its words.
		if again, err := runs.OpenAutoencoder(paths); err != nil || !again.Has("vae.encoder.conv_in.weight") {
			t.Errorf("%v", err)
		} else {
			again.Close()
		}
		if len(result.UnknownWords) != 0 {
			t.Errorf("unknown words %q", result.UnknownWords)
		}
		// What starts from it knows how long it was trained before.
		m, err := weights.Open(paths...)
		if err != nil {
			t.Fatal(err)
		}
		on := train.VAEOptions{Common: common(filepath.Join(dir, "on"), 1), Model: model.Tiny(), Init: runs.Initial{Model: m}}
		if err := train.VAE(t.Context(), data, on, io.Discard); err != nil {
			t.Fatal(err)
		}
		m.Close()
		if r, err := runs.OpenTrained(on.Run); err != nil || r.Before.Steps != 2 {
			t.Errorf("%+v, %v", r, err)
		} else {
			r.Close()
		}
		// Another encoder, or none where it was, is refused.
		writeBERT(t, filepath.Join(dir, "other"), 2)
		for _, other := range []string{filepath.Join(dir, "other"), filepath.Join(dir, "absent")} {
			if _, err := runs.Export([]string{vae}, o.Run, runs.FileOptions{Out: out, For: runs.ForSampling, Kind: weights.F16, Text: other, Overwrite: true}); err == nil {
				t.Errorf("an export with the encoder %s", filepath.Base(other))
			}
		}
	}
}

// writeBERT writes a small random encoder as transformers would.
func writeBERT(t *testing.T, dir string, seed uint64) {
	t.Helper()
	vocab := samplertest.Vocabulary(300)
	c := model.Tiny()
	c.TextLayers, c.TextFeatures, c.TextHeads, c.TextIntermediate, c.TextPositions, c.TextVocab, c.Tokens = 2, 64, 2, 64, 40, len(vocab), 40
	samplertest.WriteBERT(t, dir, c, vocab, seed, 0.1)
}
