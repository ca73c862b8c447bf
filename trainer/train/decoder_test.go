//go:build libtorch

package train_test

import (
	"errors"
	"io"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// TestDecoderAlone trains the decoder of a trained autoencoder against a
// discriminator: the encoder, and so every latent, stays as it is.
func TestDecoderAlone(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if err := trainVAE(t, t.Context(), data, common(first, 10)); err != nil {
		t.Fatal(err)
	}
	from, err := runs.OpenAutoencoder([]string{first})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	o := train.VAEOptions{Common: common(second, 6), Model: model.Tiny(), SSIM: 0.1, DecoderAlone: true, DecoderNoise: 0.05, Adversarial: 0.5, AdversarialFrom: 2, AdversarialNoise: 0.04, Matching: 10}
	if err := train.VAE(t.Context(), data, o, io.Discard); !errors.Is(err, runs.ErrOptions) {
		t.Errorf("without a trained encoder: %v, want ErrOptions", err)
	}
	o.Init, o.Run = from, filepath.Join(dir, "third")
	bad := o
	bad.Matching = -1
	if err := train.VAE(t.Context(), data, bad, io.Discard); !errors.Is(err, runs.ErrOptions) {
		t.Errorf("a negative weight: %v, want ErrOptions", err)
	}
	if err := train.VAE(t.Context(), data, o, io.Discard); err != nil {
		t.Fatal(err)
	}
	to, err := runs.OpenTrained(o.Run)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for name, same := range map[string]bool{"vae.encoder.conv_out.weight": true, "vae.encoder.level.0.res.conv1.weight": true, "vae.decoder.conv_out.weight": false} {
		before, err := from.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		after, err := to.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(before, after) != same {
			t.Errorf("%s stayed as it was: %t, want %t", name, !same, same)
		}
	}
	if w := losses(t, o.Run, "adversarial_weight"); len(w) != 4 || !(w[0] > 0) {
		t.Errorf("the discriminator's weights were %v, want four above 0", w)
	}
}

// TestDenoiser trains the decoder on what a model predicts of noised latents.
func TestDenoiser(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	data := prepared(t, 9)
	dir := t.TempDir()
	first := filepath.Join(dir, "first")
	if err := trainVAE(t, t.Context(), data, common(first, 4)); err != nil {
		t.Fatal(err)
	}
	from, err := runs.OpenAutoencoder([]string{first})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	denoiser, err := weights.Open(samplertest.Tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	defer denoiser.Close()
	o := train.VAEOptions{Model: model.Tiny(), SSIM: 0.1, DecoderAlone: true, DecoderNoise: 0.05, Init: from}
	trained := func(name string, change func(*train.VAEOptions)) ([]float64, error) {
		o := o
		o.Common = common(filepath.Join(dir, name), 4)
		change(&o)
		err := train.VAE(t.Context(), data, o, io.Discard)
		if err != nil {
			return nil, err
		}
		return losses(t, o.Run, "l1"), nil
	}
	none, err := trained("none", func(*train.VAEOptions) {})
	if err != nil {
		t.Fatal(err)
	}
	// At timestep 0 there is hardly any noise to take away; at 900 hardly an image
	// is left, and a model of random weights predicts nothing of it.
	little, err := trained("little", func(o *train.VAEOptions) { o.Denoiser = denoiser })
	if err != nil {
		t.Fatal(err)
	}
	much, err := trained("much", func(o *train.VAEOptions) { o.Denoiser, o.DenoiseTo = denoiser, 900 })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("mean errors: %.4f, %.4f, %.4f", none[0], little[0], much[0])
	if d := math.Abs(little[0] - none[0]); !(d < 0.1*none[0]) || much[0] == none[0] || much[0] == little[0] {
		t.Errorf("the first mean errors are %g without a denoiser, %g with one at timestep 0, %g up to 900", none[0], little[0], much[0])
	}
	for name, change := range map[string]func(*train.VAEOptions){
		"with the encoder":   func(o *train.VAEOptions) { o.Denoiser, o.DecoderAlone = denoiser, false },
		"of no timestep":     func(o *train.VAEOptions) { o.Denoiser, o.DenoiseTo = denoiser, 1000 },
		"before all of them": func(o *train.VAEOptions) { o.Denoiser, o.DenoiseTo = denoiser, -1 },
	} {
		if _, err := trained(name, change); !errors.Is(err, runs.ErrOptions) {
			t.Errorf("a denoiser %s: %v, want ErrOptions", name, err)
		}
	}
}
