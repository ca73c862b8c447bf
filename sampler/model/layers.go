package model

import "strconv"

const (
	normEps = 1e-5 // of every norm but BERT's
)

// block is a place in a network: the operations, and the prefix of the names
// of the parameters below it.
type block[T any] struct {
	Ops[T]
	name string
}

func (b block[T]) sub(name string) block[T] { return block[T]{b.Ops, b.name + "." + name} }

func (b block[T]) index(i int) block[T] { return b.sub(strconv.Itoa(i)) }

func (b block[T]) weight(shape ...int) T { return b.Param(b.name+".weight", shape...) }

func (b block[T]) bias(n int) T { return b.Param(b.name+".bias", n) }

// features is the size of x's last axis.
func (b block[T]) features(x T) int {
	s := b.Shape(x)
	return s[len(s)-1]
}

// linear is a biased linear layer of out features.
func (b block[T]) linear(x T, out int) T {
	return b.Linear(x, b.weight(out, b.features(x)), b.bias(out))
}

// conv is a biased convolution with a square kernel that keeps H and W at
// stride 1 and halves them at stride 2.
func (b block[T]) conv(x T, out, kernel, stride int) T {
	return b.Conv2d(x, b.weight(out, b.Shape(x)[1], kernel, kernel), b.bias(out), stride, kernel/2)
}

func (b block[T]) groupNorm(x T) T {
	c := b.Shape(x)[1]
	return b.GroupNorm(x, b.weight(c), b.bias(c), normGroups, normEps)
}

func (b block[T]) layerNorm(x T, eps float64) T {
	n := b.features(x)
	return b.LayerNorm(x, b.weight(n), b.bias(n), eps)
}

// resBlock is norm, SiLU, convolution, twice, with a residual.
func (b block[T]) resBlock(x T, out int) T {
	return b.residual(x, out, func(h T) T { return b.sub("norm2").groupNorm(h) })
}

// timedResBlock is a resBlock that the embedding e, (B or 1, F), takes part in.
// It is added before the second norm or, in an adaptive one, it scales and
// shifts that norm's result: the adaptive group normalization of Dhariwal and
// Nichol 2021, section 3.1.
func (b block[T]) timedResBlock(x, e T, out int, adaptive bool) T {
	perChannel := func(name string) T {
		t := b.sub(name).linear(e, out)
		return b.Reshape(t, b.Shape(t)[0], out, 1, 1)
	}
	return b.residual(x, out, func(h T) T {
		if !adaptive {
			return b.sub("norm2").groupNorm(b.Add(h, perChannel("time")))
		}
		h = b.Mul(b.sub("norm2").groupNorm(h), perChannel("time_scale"))
		return b.Add(h, perChannel("time_shift"))
	})
}

// residual is a residual block whose second norm is norm2.
func (b block[T]) residual(x T, out int, norm2 func(h T) T) T {
	h := b.sub("conv1").conv(b.SiLU(b.sub("norm1").groupNorm(x)), out, 3, 1)
	h = b.sub("conv2").conv(b.SiLU(norm2(h)), out, 3, 1)
	if b.Shape(x)[1] != out {
		x = b.sub("skip").conv(x, out, 1, 1)
	}
	return b.Add(h, x)
}

// attention is multi-head attention of x (B, N, C) to context (B, M, D). Its
// weights can be observed as the block's name.
func (b block[T]) attention(x, context T, heads int, mask ...T) T {
	c, d := b.features(x), b.features(context)
	q := b.Linear(x, b.sub("q").weight(c, c))
	k := b.Linear(context, b.sub("k").weight(c, d))
	v := b.Linear(context, b.sub("v").weight(c, d))
	if b.Observing(b.name) {
		b.Observe(b.name, b.AttentionWeights(q, k, heads, mask...))
	}
	return b.sub("out").linear(b.Attention(q, k, v, heads, mask...), c)
}

// attentionBlock is, where self is set, self-attention over the positions of x
// (B, C, H, W) after a GroupNorm and, with a condition, cross-attention to
// condition[0], masked by condition[1], after a LayerNorm; each is added to its
// input.
func (b block[T]) attentionBlock(x T, heads int, self bool, condition ...T) T {
	s := b.Shape(x)
	tokens := func(y T) T { return b.Transpose(b.Reshape(y, s[0], s[1], s[2]*s[3]), 1, 2) }
	y := tokens(x)
	if self {
		n := tokens(b.sub("norm1").groupNorm(x))
		y = b.Add(y, b.sub("self_attn").attention(n, n, heads))
	}
	if len(condition) > 0 {
		y = b.Add(y, b.sub("cross_attn").attention(b.sub("norm2").layerNorm(y, normEps), condition[0], heads, condition[1:]...))
	}
	return b.Reshape(b.Transpose(y, 1, 2), s...)
}
