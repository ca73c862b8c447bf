// Package model holds the networks of roentgo: the text encoder with its
// adapter, the U-Net and the variational autoencoder. Each is written once,
// over the small set of tensor operations that [Ops] names; the trainer
// executes it eagerly with gradients, the sampler records it into a graph.
//
// Shapes are written (B, C, H, W) for images and latents and (B, N, D) for
// token sequences; all values are float32 unless an executor says otherwise.
package model

// Ops is the set of tensor operations that a network may use. T is an
// executor's tensor handle. Handles are immutable: an operation returns a new
// one. Errors (a wrong shape, a missing parameter) are collected by the
// executor and reported when the network has run, so that a network reads as
// plain mathematics.
type Ops[T any] interface {
	// Param returns the parameter of that name and shape.
	Param(name string, shape ...int) T
	// Checkpoint returns f(in...). A training executor may drop f's
	// intermediate values and compute them again in the backward pass.
	Checkpoint(f func(in ...T) T, in ...T) T
	// Observing reports whether the caller asked for the value of that name,
	// so that a network computes it only then.
	Observing(name string) bool
	// Observe hands x to the caller under that name and returns x.
	Observe(name string, x T) T
	// Shape returns the dimensions of x, outermost first.
	Shape(x T) []int

	// Weights, biases and tables are parameters; all other operands may be any
	// tensor.

	// Linear is x·weightᵀ + bias over the last axis: x (…, in), weight
	// (out, in), bias (out), which may be left out.
	Linear(x, weight T, bias ...T) T
	// Conv2d is the cross-correlation of x (B, C, H, W) with weight
	// (O, C, k, k) plus bias (O), zero padding on all sides.
	Conv2d(x, weight, bias T, stride, padding int) T
	// GroupNorm normalises x (B, C, H, W) over each group of C/groups
	// channels (Wu and He 2018), biased variance; weight and bias are (C).
	GroupNorm(x, weight, bias T, groups int, eps float64) T
	// LayerNorm normalises x over its last axis (Ba et al. 2016).
	LayerNorm(x, weight, bias T, eps float64) T
	// SiLU is x·sigmoid(x).
	SiLU(x T) T
	// GELU is x·Φ(x) with the exact error function, not its tanh
	// approximation.
	GELU(x T) T
	// Attention is softmax(q·kᵀ/√d)·v a head (Vaswani et al. 2017). q is
	// (B, N, heads·d), k and v are (B, M, heads·d), the heads side by side in
	// the last axis. mask is (B, M): non-zero means attend; without it all
	// keys are attended to. The result is (B, N, heads·d).
	Attention(q, k, v T, heads int, mask ...T) T
	// AttentionWeights is the softmax(q·kᵀ/√d) of Attention: (B, heads, N, M).
	AttentionWeights(q, k T, heads int, mask ...T) T
	// MeanTokens is the mean of x (B, N, D) over its tokens: (B, D). mask is
	// (B, N): non-zero means that the token counts; without it all do. Where none
	// counts the mean is 0. It is an operation of its own because no other one
	// sums over tokens: Linear sums over the last axis alone and with parameters,
	// and Attention is a softmax, whose weights of a token depend on its values.
	MeanTokens(x T, mask ...T) T
	// Embedding gathers rows of table (V, D) by ids (B, N), whole numbers in
	// [0, V): (B, N, D).
	Embedding(table, ids T) T
	// Add is x + y. Each dimension of y equals that of x or is 1.
	Add(x, y T) T
	// Mul is x·y elementwise, with y's dimensions as in Add.
	Mul(x, y T) T
	// Concat joins tensors along the channel axis, 1.
	Concat(xs ...T) T
	// Upsample2 doubles H and W of (B, C, H, W) by repeating each value.
	Upsample2(x T) T
	// AvgPool2 halves H and W by the mean of each 2×2 square.
	AvgPool2(x T) T
	// PixelShuffle moves channels into space, (B, C·n², H, W) to
	// (B, C, H·n, W·n); channel c·n²+i·n+j goes to row i, column j (Shi et
	// al. 2016).
	PixelShuffle(x T, n int) T
	// PixelUnshuffle is the inverse of PixelShuffle.
	PixelUnshuffle(x T, n int) T
	// TimestepEmbedding maps timesteps t (B) to (B, features): the cosines,
	// then the sines, of t·10000^(−i/(features/2)).
	TimestepEmbedding(t T, features int) T
	// Reshape keeps the row-major order of the values.
	Reshape(x T, shape ...int) T
	// Transpose swaps two axes.
	Transpose(x T, a, b int) T
}
