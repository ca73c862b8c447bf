package model

// UNet predicts the noise (or the velocity) of a noised latent.
//
// latent is (B, latent_channels, s, s); timestep (B) or (1) holds whole
// numbers in [0, T); condition is the context (B, N, text_features) of
// [TextEncoder] and, optionally, its mask (B, N). The result has latent's
// shape. Parameters are named "unet.…".
func UNet[T any](ops Ops[T], cfg Config, latent, timestep T, condition ...T) T {
	b := block[T]{ops, "unet"}
	ch := cfg.UNetChannels
	time := b.sub("time1").linear(ops.TimestepEmbedding(timestep, ch[0]), cfg.TimeFeatures)
	time = b.sub("time2").linear(ops.SiLU(time), cfg.TimeFeatures)

	level := func(at block[T], x T, i int) T {
		return ops.Checkpoint(func(in ...T) T {
			h := at.sub("res").resBlock(in[0], ch[i], in[1])
			if cfg.UNetAttention[i] {
				h = at.sub("attn").attentionBlock(h, cfg.UNetHeads, in[2:]...)
			}
			return h
		}, append([]T{x, time}, condition...)...)
	}

	h := b.sub("conv_in").conv(latent, ch[0], 3, 1)
	skips := make([]T, len(ch))
	for i := range ch {
		at := b.sub("down").index(i)
		h = level(at, h, i)
		skips[i] = h
		if i < len(ch)-1 {
			h = at.sub("down").conv(h, ch[i], 3, 2)
		}
	}
	for j := range ch { // up.0 is the coarsest
		i := len(ch) - 1 - j
		if j > 0 {
			h = ops.Upsample2(h)
		}
		h = level(b.sub("up").index(j), ops.Concat(h, skips[i]), i)
	}
	return b.sub("conv_out").conv(ops.SiLU(b.sub("norm_out").groupNorm(h)), cfg.LatentChannels, 3, 1)
}
