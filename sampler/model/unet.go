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
	e := b.embedding(cfg, timestep, condition...)

	level := func(at block[T], x T, i int) T {
		return ops.Checkpoint(func(in ...T) T {
			h := at.sub("res").timedResBlock(in[0], in[1], ch[i], cfg.UNetAdaptiveNorm)
			if !cfg.UNetAttends(i) {
				return h
			}
			text := in[2:]
			if !cfg.UNetCrossAttention[i] {
				text = nil
			}
			return at.sub("attn").attentionBlock(h, cfg.UNetHeads, cfg.UNetSelfAttention[i], text...)
		}, append([]T{x, e}, condition...)...)
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

// embedding is what every residual block is conditioned on, (B or 1,
// time_features): the SiLU of the timestep's embedding and, where the network
// pools its text, of a layer over the mean of the context's tokens. It is
// computed once for all blocks.
func (b block[T]) embedding(cfg Config, timestep T, condition ...T) T {
	e := b.sub("time1").linear(b.TimestepEmbedding(timestep, cfg.UNetChannels[0]), cfg.TimeFeatures)
	e = b.sub("time2").linear(b.SiLU(e), cfg.TimeFeatures)
	if cfg.UNetTextPool && len(condition) > 0 {
		text := b.sub("text_pool").linear(b.MeanTokens(condition[0], condition[1:]...), cfg.TimeFeatures)
		e = b.Add(text, e)
	}
	return b.SiLU(e)
}
