package model

// TextEncoder runs BERT (Devlin et al. 2019, without its pooler) and the
// adapter over token ids (B, N): the context (B, N, text_features) that [UNet]
// attends to. positions (1, N) counts from 0; types (1, N) is 0; mask (B, N)
// is 1 where there is a token, and may be left out.
//
// BERT's parameters are named "text.…" as in HuggingFace's BertModel, the
// adapter's "adapter.…".
func TextEncoder[T any](ops Ops[T], cfg Config, ids, positions, types T, mask ...T) T {
	return Adapter(ops, BERT(ops, cfg, ids, positions, types, mask...))
}

// BERT is the text encoder without the adapter: the hidden states of its last
// layer, (B, N, text_features).
func BERT[T any](ops Ops[T], cfg Config, ids, positions, types T, mask ...T) T {
	b := block[T]{ops, "text"}
	d := cfg.TextFeatures
	e := b.sub("embeddings")
	h := ops.Embedding(e.sub("word_embeddings").weight(cfg.TextVocab, d), ids)
	h = ops.Add(h, ops.Embedding(e.sub("position_embeddings").weight(cfg.TextPositions, d), positions))
	h = ops.Add(h, ops.Embedding(e.sub("token_type_embeddings").weight(2, d), types))
	h = e.sub("LayerNorm").layerNorm(h, cfg.TextNormEps)
	for i := range cfg.TextLayers {
		at := b.sub("encoder").sub("layer").index(i)
		h = ops.Checkpoint(func(in ...T) T {
			return at.bertLayer(cfg, in[0], in[1:]...)
		}, append([]T{h}, mask...)...)
	}
	return h
}

// bertLayer is attention and a feed-forward network, each followed by a residual
// and in front of a LayerNorm (post-norm).
func (b block[T]) bertLayer(cfg Config, x T, mask ...T) T {
	d, a := cfg.TextFeatures, b.sub("attention")
	q := a.sub("self.query").linear(x, d)
	k := a.sub("self.key").linear(x, d)
	v := a.sub("self.value").linear(x, d)
	h := a.sub("output.dense").linear(b.Attention(q, k, v, cfg.TextHeads, mask...), d)
	x = a.sub("output.LayerNorm").layerNorm(b.Add(h, x), cfg.TextNormEps)
	h = b.GELU(b.sub("intermediate.dense").linear(x, cfg.TextIntermediate))
	h = b.sub("output.dense").linear(h, d)
	return b.sub("output.LayerNorm").layerNorm(b.Add(h, x), cfg.TextNormEps)
}

// Adapter is a linear layer and a LayerNorm over BERT's states (B, N, D): all
// of the text path that is trained where the encoder is frozen.
func Adapter[T any](ops Ops[T], hidden T) T {
	b := block[T]{ops, "adapter"}
	return b.sub("norm").layerNorm(b.sub("proj").linear(hidden, b.features(hidden)), normEps)
}

// NullContext is the null condition, the parameter "adapter.null": a context
// (1, 1, text_features) of one token, used as it is, after the adapter's
// norm.
func NullContext[T any](ops Ops[T], cfg Config) T {
	return ops.Param("adapter.null", 1, 1, cfg.TextFeatures)
}
