//go:build libtorch

package train_test

import (
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/train"
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
	from, err := train.OpenAutoencoder([]string{first})
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	o := train.VAEOptions{Common: common(second, 6), Model: model.Tiny(), SSIM: 0.1, DecoderAlone: true, DecoderNoise: 0.05, Adversarial: 0.5, AdversarialFrom: 2, AdversarialNoise: 0.04, Matching: 10}
	if err := train.VAE(t.Context(), data, o, io.Discard); !errors.Is(err, train.ErrOptions) {
		t.Errorf("without a trained encoder: %v, want ErrOptions", err)
	}
	o.Init, o.Run = from, filepath.Join(dir, "third")
	bad := o
	bad.Matching = -1
	if err := train.VAE(t.Context(), data, bad, io.Discard); !errors.Is(err, train.ErrOptions) {
		t.Errorf("a negative weight: %v, want ErrOptions", err)
	}
	if err := train.VAE(t.Context(), data, o, io.Discard); err != nil {
		t.Fatal(err)
	}
	to, err := train.OpenTrained(o.Run)
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
