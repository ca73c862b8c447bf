package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

// FuzzConfig reads files of settings over a preset: what passes is a
// configuration within its bounds, and all else is misuse.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{
		"unet_channels = [32, 96]\n", "text_vocab = 9223372036854775807\n", "unet_channels = [[1]]\n", "depth = 3", "text_norm_eps = nan", "text_norm_eps = 1e400",
		"[a.b.c]\nd = 1", "a.b.c.d = {e = [{f = 1}]}", "x = '''\n'''", "x = 1979-05-27T07:32:00Z", "image_size = 0x40", "lowercase = true\nlowercase = false", "\"unet_channels\" = []",
	} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "config.toml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := (&modelFlags{preset: "tiny", file: path}).config()
		if err != nil {
			if !errors.As(err, new(misuse)) && !errors.Is(err, model.ErrConfig) {
				t.Errorf("error %v is no misuse", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("it passes, and is refused later: %v", err)
		}
	})
}
