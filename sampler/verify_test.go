package sampler_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// TestVerifyRefuses writes models with one fault each, which their hashes do
// not show: the rule for it must.
func TestVerifyRefuses(t *testing.T) {
	set := func(name string, change func(*weights.Tensor)) func(*weights.File) {
		return func(f *weights.File) {
			for i := range f.Tensors {
				if f.Tensors[i].Name == name {
					change(&f.Tensors[i])
				}
			}
		}
	}
	text := func(name, content string) func(*weights.File) {
		return set(name, func(t *weights.Tensor) { t.Bytes, t.Shape = []byte(content), []int{len(content)} })
	}
	config := func(from, to string) func(*weights.File) {
		return func(f *weights.File) {
			f.Config = json.RawMessage(strings.Replace(string(f.Config), from, to, 1))
		}
	}
	for name, c := range map[string]struct {
		change func(*weights.File)
		says   string // "": it is good
	}{
		"good":                       {func(*weights.File) {}, ""},
		"one entry of the encoder":   {config(`"encoder_channels":[32,32,64,64],"encoder_attention":[false,true,false]`, `"encoder_channels":[32],"encoder_attention":[]`), "one entry"},
		"no entry of the encoder":    {config(`"encoder_channels":[32,32,64,64]`, `"encoder_channels":[]`), "0 entries"},
		"vocabulary of line breaks":  {text(sampler.TensorVocab, strings.Repeat("\n", 1<<20)), "lines"},
		"vocabulary larger than any": {text(sampler.TensorVocab, strings.Repeat("\n", 2<<20)), "bytes"},
		"vocabulary of a long token": {text(sampler.TensorVocab, strings.Repeat("x", 300)), "line 1 has 300 bytes"},
		"no vocabulary":              {text(sampler.TensorVocab, "\n"), "0 tokens"},
		"words of line breaks":       {text(sampler.TensorWords, strings.Repeat("\n", 1<<20)), "lines"},
		"words larger than any":      {text(sampler.TensorWords, strings.Repeat("\n", 17<<20)), "bytes"},
		"a spread of 0":              {set(sampler.TensorStd, func(t *weights.Tensor) { t.Float32[1] = 0 }), "value 1 is 0"},
		"a negative spread":          {set(sampler.TensorStd, func(t *weights.Tensor) { t.Float32[0] = -1 }), "value 0 is -1"},
	} {
		t.Run(name, func(t *testing.T) {
			f := samplertest.File(t, samplertest.Description(model.Tiny()), weights.F16)
			c.change(&f)
			m, err := weights.Open(samplertest.Write(t, f))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			err = sampler.Verify(t.Context(), m)
			if c.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, sampler.ErrModel) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want ErrModel that says %q", err, c.says)
			}
			if _, err := sampler.New(t.Context(), m, sampler.Options{Device: sampler.CPU}); !errors.Is(err, sampler.ErrModel) {
				t.Errorf("sampling: %v", err)
			}
		})
	}
}
