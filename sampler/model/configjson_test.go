package model

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// withLists is c with other lists of attention.
func withLists(c Config, self, cross []bool) Config {
	c.UNetSelfAttention, c.UNetCrossAttention = self, cross
	return c
}

// TestConfigJSON writes configurations and reads them back, and pins which
// names stand in the text.
func TestConfigJSON(t *testing.T) {
	yes, no := []bool{true, true}, []bool{false, false}
	plain := Tiny()
	plain.UNetTextPool, plain.UNetAdaptiveNorm = false, false
	pooled, adaptive := withLists(plain, yes, yes), withLists(plain, yes, yes)
	pooled.UNetTextPool, adaptive.UNetAdaptiveNorm = true, true
	for name, c := range map[string]struct {
		config Config
		first  bool
	}{
		"paper": {Paper(), true}, "half": {Half(), true}, "mini": {Mini(), false}, "tiny": {Tiny(), false},
		"the same lists":   {withLists(plain, yes, yes), true},
		"no attention":     {withLists(plain, no, no), true},
		"cross alone":      {withLists(plain, no, yes), false},
		"pooled text":      {pooled, false},
		"an adaptive norm": {adaptive, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.config.FirstFormat(); got != c.first {
				t.Errorf("the first format can hold it: %t, want %t", got, c.first)
			}
			text, err := json.Marshal(c.config)
			if err != nil {
				t.Fatal(err)
			}
			for key, want := range map[string]bool{"unet_attention": c.first, "unet_self_attention": !c.first, "unet_cross_attention": !c.first} {
				if got := strings.Contains(string(text), `"`+key+`"`); got != want {
					t.Errorf("the text names %s: %t, want %t", key, got, want)
				}
			}
			var back Config
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(back, c.config) {
				t.Errorf("read back as %+v, written was %+v", back, c.config)
			}
		})
	}
}

// TestFirstFormat pins the text of the study's configuration, which its model
// files hold since the first version: their hashes depend on it.
func TestFirstFormat(t *testing.T) {
	const want = `{"image_size":256,"latent_channels":8,"vae_patch":1,` +
		`"encoder_channels":[32,64,128,256,256],"encoder_attention":[false,true,true,false],` +
		`"decoder_channels":[128,64,32,32],"decoder_attention":true,` +
		`"unet_channels":[128,256,512,512],"unet_attention":[true,true,true,false],"time_features":512,"unet_heads":8,` +
		`"text_layers":12,"text_features":768,"text_heads":12,"text_intermediate":3072,"text_positions":512,` +
		`"text_vocab":28996,"text_norm_eps":1e-12,"lowercase":false,"tokens":256}`
	got, err := json.Marshal(Paper())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("the study's configuration is written as\n%s\nwant\n%s", got, want)
	}
}

// TestConfigOverlay reads texts that name few fields over a preset.
func TestConfigOverlay(t *testing.T) {
	for _, c := range []struct {
		text        string
		self, cross []bool
		fails       string
	}{
		{`{"time_features": 8}`, []bool{false, true}, []bool{true, true}, ""},
		{`{"unet_attention": [true, false]}`, []bool{true, false}, []bool{true, false}, ""},
		{`{"unet_cross_attention": [false, true]}`, []bool{false, true}, []bool{false, true}, ""},
		{`{"unet_self_attention": [true, true, true]}`, []bool{true, true, true}, []bool{true, true}, ""},
		{`{"unet_attention": [true], "unet_self_attention": [true]}`, nil, nil, "give it or them"},
		{`{"unet_attentoin": [true]}`, nil, nil, `unknown field "unet_attentoin"`},
		{`{"unet_rotary": true}`, nil, nil, "newer roentgo"},
		{`{"unet_heads": "two"}`, nil, nil, "unet_heads"},
	} {
		got := Tiny()
		err := json.Unmarshal([]byte(c.text), &got)
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: error %v, want one that says %q", c.text, err, c.fails)
			}
			if !reflect.DeepEqual(got, Tiny()) {
				t.Errorf("%s: refused, and yet the configuration changed", c.text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if len(got.UNetSelfAttention) > 0 && len(got.UNetCrossAttention) > 0 && &got.UNetSelfAttention[0] == &got.UNetCrossAttention[0] {
			t.Errorf("%s: both lists share their memory", c.text)
		}
		if !reflect.DeepEqual(got.UNetSelfAttention, c.self) || !reflect.DeepEqual(got.UNetCrossAttention, c.cross) {
			t.Errorf("%s: self %v and cross %v, want %v and %v", c.text, got.UNetSelfAttention, got.UNetCrossAttention, c.self, c.cross)
		}
	}
}
