package model

import (
	"errors"
	"fmt"
)

// Config holds every number that shapes the networks. Its JSON form is part
// of a model file's `roentgo.config`. Presets are values of it, not code.
type Config struct {
	ImageSize      int `json:"image_size"`      // pixels per side
	LatentChannels int `json:"latent_channels"` // the latent grid is ImageSize / 8
	VAEPatch       int `json:"vae_patch"`       // pixel-unshuffle before the encoder, pixel-shuffle after the decoder

	EncoderChannels  []int  `json:"encoder_channels"`  // of the first convolution, then of each level
	EncoderAttention []bool `json:"encoder_attention"` // per level, after its pooling; the last level does not pool
	DecoderChannels  []int  `json:"decoder_channels"`  // a level
	DecoderAttention bool   `json:"decoder_attention"` // at the first level

	UNetChannels       []int  `json:"unet_channels"`        // of each level, finest first
	UNetSelfAttention  []bool `json:"unet_self_attention"`  // of each level, down and up
	UNetCrossAttention []bool `json:"unet_cross_attention"` // the same, to the text
	TimeFeatures       int    `json:"time_features"`
	UNetHeads          int    `json:"unet_heads"`
	// UNetTextPool adds the mean of the context's tokens to the time embedding.
	UNetTextPool bool `json:"unet_text_pool,omitempty"`
	// UNetAdaptiveNorm has the time embedding scale and shift the second norm of
	// each residual block (Dhariwal and Nichol 2021, section 3.1); without, it is
	// added before that norm.
	UNetAdaptiveNorm bool `json:"unet_adaptive_norm,omitempty"`

	TextLayers       int     `json:"text_layers"`
	TextFeatures     int     `json:"text_features"`
	TextHeads        int     `json:"text_heads"`
	TextIntermediate int     `json:"text_intermediate"`
	TextPositions    int     `json:"text_positions"`
	TextVocab        int     `json:"text_vocab"`
	TextNormEps      float64 `json:"text_norm_eps"`
	Lowercase        bool    `json:"lowercase"`
	Tokens           int     `json:"tokens"` // of a prompt at most, [CLS] and [SEP] counted
}

// Paper returns the networks of the published study: VAE 3.29 M, U-Net
// 39.80 M, adapter 0.593 M, text by BioBERT-base cased.
func Paper() Config {
	return Config{
		ImageSize: 256, LatentChannels: 8, VAEPatch: 1,
		EncoderChannels:  []int{32, 64, 128, 256, 256},
		EncoderAttention: []bool{false, true, true, false},
		DecoderChannels:  []int{128, 64, 32, 32}, DecoderAttention: true,
		UNetChannels:       []int{128, 256, 512, 512},
		UNetSelfAttention:  []bool{true, true, true, false},
		UNetCrossAttention: []bool{true, true, true, false},
		TimeFeatures:       512, UNetHeads: 8,
		TextLayers: 12, TextFeatures: 768, TextHeads: 12, TextIntermediate: 3072,
		TextPositions: 512, TextVocab: 28996, TextNormEps: 1e-12, Tokens: 256,
	}
}

// Mini returns the networks that are trainable on a CPU and small to
// download: VAE 1.19 M, U-Net 11.2 M, a BERT of 2 layers, 256 wide.
func Mini() Config {
	return Config{
		ImageSize: 256, LatentChannels: 8, VAEPatch: 2,
		EncoderChannels:  []int{32, 64, 128, 128},
		EncoderAttention: []bool{false, true, false},
		DecoderChannels:  []int{128, 64, 32}, DecoderAttention: true,
		UNetChannels:       []int{64, 128, 256, 256},
		UNetSelfAttention:  []bool{false, true, true, true},
		UNetCrossAttention: []bool{true, true, true, true},
		TimeFeatures:       256, UNetHeads: 4, UNetTextPool: true, UNetAdaptiveNorm: true,
		TextLayers: 2, TextFeatures: 256, TextHeads: 4, TextIntermediate: 512,
		TextPositions: 128, TextVocab: 4096, TextNormEps: 1e-12, Lowercase: true, Tokens: 128,
	}
}

// Tiny returns networks that train in seconds, for tests: every kind of layer
// is present, the image is 64 pixels per side.
func Tiny() Config {
	return Config{
		ImageSize: 64, LatentChannels: 4, VAEPatch: 2,
		EncoderChannels:  []int{32, 32, 64, 64},
		EncoderAttention: []bool{false, true, false},
		DecoderChannels:  []int{64, 32, 32}, DecoderAttention: true,
		UNetChannels:       []int{32, 64},
		UNetSelfAttention:  []bool{false, true},
		UNetCrossAttention: []bool{true, true},
		TimeFeatures:       64, UNetHeads: 2, UNetTextPool: true, UNetAdaptiveNorm: true,
		TextLayers: 1, TextFeatures: 32, TextHeads: 2, TextIntermediate: 64,
		TextPositions: 32, TextVocab: 4096, TextNormEps: 1e-12, Lowercase: true, Tokens: 32,
	}
}

// Half returns the study's half-size U-Net (19.56 M), all else as [Paper].
func Half() Config {
	c := Paper()
	c.UNetChannels = []int{96, 160, 352, 352}
	return c
}

// Preset returns the configuration of that name: paper, half, mini or tiny.
func Preset(name string) (Config, error) {
	switch name {
	case "paper":
		return Paper(), nil
	case "half":
		return Half(), nil
	case "mini":
		return Mini(), nil
	case "tiny":
		return Tiny(), nil
	}
	return Config{}, fmt.Errorf("model: no preset %q (there are paper, half, mini, tiny)", name)
}

// LatentSize is the number of rows, and of columns, of a latent.
func (c Config) LatentSize() int { return c.ImageSize / 8 }

// LatentLen is the number of values of one latent.
func (c Config) LatentLen() int { return c.LatentChannels * c.LatentSize() * c.LatentSize() }

// Autoencoder is c without what shapes the other networks.
func (c Config) Autoencoder() Config {
	return Config{ImageSize: c.ImageSize, LatentChannels: c.LatentChannels, VAEPatch: c.VAEPatch,
		EncoderChannels: c.EncoderChannels, EncoderAttention: c.EncoderAttention,
		DecoderChannels: c.DecoderChannels, DecoderAttention: c.DecoderAttention}
}

// UNetAttends reports whether a level of the U-Net has attention of any kind.
func (c Config) UNetAttends(level int) bool {
	return c.UNetSelfAttention[level] || c.UNetCrossAttention[level]
}

// HasText reports whether the model is conditioned on text.
func (c Config) HasText() bool { return c.TextLayers > 0 }

// ErrConfig is wrapped by every error of [Config.Validate].
var ErrConfig = errors.New("model: configuration refused")

// Bounds that keep a hostile configuration from asking for absurd work.
const (
	maxImageSize = 2048
	maxChannels  = 4096
	maxLevels    = 8
	maxTokens    = 4096
	maxVocab     = 1 << 18
	maxLayers    = 64
	normGroups   = 32 // groups of every GroupNorm, as in the study
)

// Validate checks that the networks can be built from c and that every number
// is within its bound. The error names the field, its value and the rule.
func (c Config) Validate() error {
	var bad error
	rule := func(ok bool, format string, a ...any) {
		if !ok && bad == nil {
			bad = fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, a...))
		}
	}
	within := func(name string, v, lo, hi int) {
		rule(v >= lo && v <= hi, "%s is %d, allowed are %d to %d", name, v, lo, hi)
	}
	channels := func(name string, v []int) {
		if len(v) < 1 || len(v) > maxLevels+1 {
			rule(false, "%s has %d entries, allowed are 1 to %d", name, len(v), maxLevels+1)
			return
		}
		for _, n := range v {
			rule(n >= normGroups && n <= maxChannels && n%normGroups == 0,
				"%s has %d channels, which must be a multiple of %d up to %d", name, n, normGroups, maxChannels)
		}
	}
	within("image_size", c.ImageSize, 32, maxImageSize)
	rule(c.ImageSize%8 == 0, "image_size %d is not a multiple of 8", c.ImageSize)
	within("latent_channels", c.LatentChannels, 1, 64)
	rule(c.VAEPatch == 1 || c.VAEPatch == 2 || c.VAEPatch == 4, "vae_patch is %d, allowed are 1, 2 and 4", c.VAEPatch)
	channels("encoder_channels", c.EncoderChannels)
	channels("decoder_channels", c.DecoderChannels)
	channels("unet_channels", c.UNetChannels)
	if bad != nil {
		return bad
	}
	rule(len(c.EncoderChannels) >= 2, "encoder_channels has one entry; it needs that of the first convolution, then one of each level")
	rule(len(c.EncoderAttention) == len(c.EncoderChannels)-1, "encoder_attention has %d entries, encoder_channels %d: one fewer is needed", len(c.EncoderAttention), len(c.EncoderChannels))
	rule(len(c.UNetSelfAttention) == len(c.UNetChannels), "unet_self_attention has %d entries, unet_channels %d", len(c.UNetSelfAttention), len(c.UNetChannels))
	rule(len(c.UNetCrossAttention) == len(c.UNetChannels), "unet_cross_attention has %d entries, unet_channels %d", len(c.UNetCrossAttention), len(c.UNetChannels))
	if bad != nil {
		return bad
	}
	rule(c.VAEPatch<<(len(c.EncoderChannels)-2) == 8, "vae_patch %d with %d encoder levels does not reduce the image eightfold", c.VAEPatch, len(c.EncoderChannels)-1)
	rule(c.VAEPatch<<(len(c.DecoderChannels)-1) == 8, "vae_patch %d with %d decoder levels does not enlarge the latent eightfold", c.VAEPatch, len(c.DecoderChannels))
	rule(c.LatentSize()%(1<<(len(c.UNetChannels)-1)) == 0, "a latent of %d rows cannot be halved %d times", c.LatentSize(), len(c.UNetChannels)-1)
	within("time_features", c.TimeFeatures, 1, maxChannels)
	within("unet_heads", c.UNetHeads, 1, 64)
	for i, n := range c.UNetChannels {
		if c.UNetHeads > 0 && c.UNetAttends(i) {
			rule(n%c.UNetHeads == 0, "%d channels do not divide into %d heads", n, c.UNetHeads)
		}
	}
	within("text_layers", c.TextLayers, 0, maxLayers)
	within("text_features", c.TextFeatures, 1, maxChannels)
	within("tokens", c.Tokens, 3, maxTokens)
	if c.HasText() {
		within("text_heads", c.TextHeads, 1, 64)
		rule(c.TextHeads > 0 && c.TextFeatures%c.TextHeads == 0, "text_features %d do not divide into %d heads", c.TextFeatures, c.TextHeads)
		within("text_intermediate", c.TextIntermediate, 1, 4*maxChannels)
		within("text_positions", c.TextPositions, c.Tokens, maxTokens)
		within("text_vocab", c.TextVocab, 5, maxVocab)
		rule(c.TextNormEps > 0 && c.TextNormEps < 1e-2, "text_norm_eps is %g, allowed is (0, 0.01)", c.TextNormEps)
	}
	return bad
}
