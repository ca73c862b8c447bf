//go:build libtorch

package train

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

// TestSameModel compares the configuration of a checkpoint with that of a run.
func TestSameModel(t *testing.T) {
	text := func(c model.Config) string {
		s, err := jsonOf(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
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
