package model

// Encoder maps images (B, 1, image_size, image_size) in [-1, 1] to the mean
// and the log-variance of their latents, side by side in the channel axis:
// (B, 2·latent_channels, image_size/8, image_size/8). Parameters are named
// "vae.encoder.…".
func Encoder[T any](ops Ops[T], cfg Config, image T) T {
	b := block[T]{ops, "vae.encoder"}
	c := cfg.EncoderChannels
	h := b.sub("conv_in").conv(unshuffle(ops, image, cfg.VAEPatch), c[0], 3, 1)
	for i, attend := range cfg.EncoderAttention {
		at := b.sub("level").index(i)
		h = ops.Checkpoint(func(in ...T) T {
			h := at.sub("res").resBlock(in[0], c[i+1])
			if i < len(cfg.EncoderAttention)-1 {
				h = ops.AvgPool2(h)
			}
			if attend {
				h = at.sub("attn").attentionBlock(h, 1, true)
			}
			return h
		}, h)
	}
	return b.sub("conv_out").conv(ops.SiLU(b.sub("norm_out").groupNorm(h)), 2*cfg.LatentChannels, 3, 1)
}

// Decoder maps latents (B, latent_channels, s, s), not standardised, to images
// (B, 1, 8s, 8s) of about [-1, 1]. Parameters are named "vae.decoder.…".
func Decoder[T any](ops Ops[T], cfg Config, latent T) T {
	b := block[T]{ops, "vae.decoder"}
	c := cfg.DecoderChannels
	h := b.sub("conv_in").conv(latent, c[0], 3, 1)
	for i := range c {
		at := b.sub("level").index(i)
		if i > 0 {
			h = ops.Upsample2(h)
		}
		h = ops.Checkpoint(func(in ...T) T {
			h := at.sub("res").resBlock(in[0], c[i])
			if i == 0 && cfg.DecoderAttention {
				h = at.sub("attn").attentionBlock(h, 1, true)
			}
			return h
		}, h)
	}
	h = b.sub("conv_out").conv(ops.SiLU(b.sub("norm_out").groupNorm(h)), cfg.VAEPatch*cfg.VAEPatch, 3, 1)
	if cfg.VAEPatch == 1 {
		return h
	}
	return ops.PixelShuffle(h, cfg.VAEPatch)
}

func unshuffle[T any](ops Ops[T], x T, n int) T {
	if n == 1 {
		return x
	}
	return ops.PixelUnshuffle(x, n)
}

// Destandardized brings a latent from the scale on which the U-Net works, zero
// mean and unit deviation a channel, to that of [Decoder]: x·latent.std +
// latent.mean, two parameters of (latent_channels).
func Destandardized[T any](ops Ops[T], cfg Config, latent T) T {
	n := cfg.LatentChannels
	std := ops.Reshape(ops.Param("latent.std", n), 1, n, 1, 1)
	mean := ops.Reshape(ops.Param("latent.mean", n), 1, n, 1, 1)
	return ops.Add(ops.Mul(latent, std), mean)
}
