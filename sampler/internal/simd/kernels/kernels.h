// The operations of package graph on tensors of float32 in one memory, for
// WebAssembly with SIMD128, without a C library.
//
// An operation is a record (struct op) that package simd writes, and is cut
// into tasks that may run in any order and on any thread. The cut depends on
// the shapes alone, and every value is one sum in one order, so the bytes of a
// result depend on neither the threads nor the batch.
#pragma once

#include <stdint.h>
#include <wasm_simd128.h>

typedef uint32_t u32;

// Kinds of operations, in the order of the constants of lister.go.
enum kind {
	LINEAR, CONV, WINOGRAD_INPUTS, WINOGRAD, GROUP_NORM, LAYER_NORM, SILU, GELU, ATTENTION, ATTENTION_WEIGHTS,
	EMBEDDING, ADD, MUL, COPY, UPSAMPLE, POOL, SHUFFLE, UNSHUFFLE, TIMESTEP, TRANSPOSE,
	MEAN_TOKENS
};

// op is an operation; after the common words follow those of its kind, whose
// structs below are those of args.go.
struct op {
	u32 kind, tasks;
	u32 cost;   // of a task, in units of 1024 floating-point operations, at least 1
	u32 failed; // set by a task that met a value it cannot use
	u32 args[20];
};

// The tile of a matrix product: ROWS values of the one side, each multiplied
// with COLS values of the other. Their sums and operands fit the 16 registers
// of x86 without a fused multiply-add.
#define ROWS 4
#define COLS 8

// Values of k that are summed before the next columns are packed.
#define DEPTH 256

#define INLINE static inline __attribute__((always_inline))
#define LOOP _Pragma("clang loop unroll(disable)") for

INLINE u32 smaller(u32 a, u32 b) { return a < b ? a : b; }
INLINE u32 ceil_div(u32 a, u32 b) { return (a + b - 1) / b; }
INLINE v128_t load(const float *p) { return wasm_v128_load(p); }
INLINE void store(float *p, v128_t v) { wasm_v128_store(p, v); }
INLINE v128_t splat(float v) { return wasm_f32x4_splat(v); }
INLINE v128_t add(v128_t a, v128_t b) { return wasm_f32x4_add(a, b); }
INLINE v128_t sub(v128_t a, v128_t b) { return wasm_f32x4_sub(a, b); }
INLINE v128_t mul(v128_t a, v128_t b) { return wasm_f32x4_mul(a, b); }

// transpose4 exchanges rows and columns of four vectors.
INLINE void transpose4(v128_t *a, v128_t *b, v128_t *c, v128_t *d) {
	v128_t ab0 = wasm_i32x4_shuffle(*a, *b, 0, 4, 1, 5), ab1 = wasm_i32x4_shuffle(*a, *b, 2, 6, 3, 7);
	v128_t cd0 = wasm_i32x4_shuffle(*c, *d, 0, 4, 1, 5), cd1 = wasm_i32x4_shuffle(*c, *d, 2, 6, 3, 7);
	*a = wasm_i64x2_shuffle(ab0, cd0, 0, 2);
	*b = wasm_i64x2_shuffle(ab0, cd0, 1, 3);
	*c = wasm_i64x2_shuffle(ab1, cd1, 0, 2);
	*d = wasm_i64x2_shuffle(ab1, cd1, 1, 3);
}

// product adds to the sums of a tile, a vector of four columns a place:
// s[2r] and s[2r+1] belong to row r. a is packed by ROWS, b by COLS.
INLINE void product(u32 depth, const float *a, const float *b, v128_t s[8]) {
	v128_t s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3], s4 = s[4], s5 = s[5], s6 = s[6], s7 = s[7];
	LOOP (u32 k = 0; k < depth; k++, a += ROWS, b += COLS) {
		v128_t b0 = load(b), b1 = load(b + 4), x;
		x = wasm_v128_load32_splat(a);
		s0 = add(mul(x, b0), s0), s1 = add(mul(x, b1), s1);
		x = wasm_v128_load32_splat(a + 1);
		s2 = add(mul(x, b0), s2), s3 = add(mul(x, b1), s3);
		x = wasm_v128_load32_splat(a + 2);
		s4 = add(mul(x, b0), s4), s5 = add(mul(x, b1), s5);
		x = wasm_v128_load32_splat(a + 3);
		s6 = add(mul(x, b0), s6), s7 = add(mul(x, b1), s7);
	}
	s[0] = s0, s[1] = s1, s[2] = s2, s[3] = s3, s[4] = s4, s[5] = s5, s[6] = s6, s[7] = s7;
}

// power is 2ᵗ for t in [−126, 127.5], off by 2e-7 of it: t = n + r with
// |r| ≤ 1/2, and 2ʳ a polynomial that is off by at most 1e-7.
INLINE v128_t power(v128_t t) {
	const v128_t magic = splat(12582912.0f); // 1.5·2²³: adding it rounds to a whole number in the low bits
	v128_t n = add(t, magic), r = sub(t, sub(n, magic)), square = mul(r, r);
	v128_t low = add(mul(r, splat(0.6931470036506653f)), splat(1));
	v128_t middle = add(mul(r, splat(0.05550733581185341f)), splat(0.24022242426872253f));
	v128_t high = add(mul(r, splat(0.001326472731307149f)), splat(0.009671512991189957f));
	v128_t p = add(mul(add(mul(high, square), middle), square), low);
	return wasm_i32x4_add(p, wasm_i32x4_shl(n, 23));
}

// exponential is eˣ, from the smallest normal number up to e^88.37. It is off
// by 2e-7 + |x|·6e-8 of it, which is most where eˣ matters least.
INLINE v128_t exponential(v128_t x) {
	x = wasm_f32x4_pmin(wasm_f32x4_pmax(x, splat(-87.33f)), splat(88.37f));
	return power(mul(x, splat(1.44269504f)));
}

// silu4 is x·sigmoid(x).
INLINE v128_t silu4(v128_t x) {
	return wasm_f32x4_div(x, add(splat(1), exponential(wasm_f32x4_neg(x))));
}

// linear: out (rows, columns) = x (rows, depth) · weightᵀ + bias. A task is
// taskRows rows by taskColumns columns.
struct linear {
	const float *x, *weight, *bias; // weight packed by COLS; bias may be 0
	float *out;
	u32 rows, depth, columns, taskRows, taskColumns;
};

// conv: out (batch, outputs, outHeight, outWidth). A task is taskPixels
// positions of the whole batch by taskOutputs channels.
struct conv {
	const float *x, *weight, *bias; // weight packed by ROWS
	float *out;
	u32 batch, channels, height, width, outputs, outHeight, outWidth, size, stride, padding, taskOutputs, taskPixels;
};

// winograd: the count tiles from first on, of all images, go through v. A task
// of the inputs is taskGroups · COLS tiles by taskChannels channels; one of the
// outputs as many by taskPanels · ROWS channels.
struct winograd {
	const float *x, *weight, *bias; // weight packed by ROWS
	float *out, *v;
	u32 channels, height, width, outputs;
	u32 tile;         // 4 or 2 results a side
	u32 first, count; // tiles
	u32 taskGroups, taskChannels, taskPanels;
};

// group_norm: a task is a group, channels·pixels values of one image.
struct group_norm {
	const float *x, *weight, *bias;
	float *out;
	u32 groups, channels, pixels; // channels of a group
	float eps;
	// What multiplies the result and what is added to it then, a value per
	// channel, or 0; each with the distance of its samples.
	const float *scale, *shift;
	u32 scaleStride, shiftStride;
	u32 silu; // 1: of the result
};

// layer_norm: a task is taskRows rows.
struct layer_norm {
	const float *x, *weight, *bias;
	float *out;
	u32 rows, features, taskRows;
	float eps;
};

// unary: SiLU and GELU.
struct unary {
	const float *x;
	float *out;
	u32 length, span; // of a task
};

// attention: q and out are (batch, queries, features), k and v (batch, keys,
// features), mask (batch, keys); out of the weights alone is (batch, heads,
// queries, keys). A task is taskQueries queries of a head.
struct attention {
	const float *q, *k, *v, *mask; // mask may be 0; v is 0 for the weights alone
	float *out;
	u32 queries, keys, features, heads, taskQueries;
};

// embedding: out (count, features) are rows of table (rows, features).
struct embedding {
	const float *table, *ids;
	float *out;
	u32 rows, features, count, taskIDs;
};

// mean_tokens: x is (batch, tokens, features), mask (batch, tokens) or 0.
struct mean_tokens {
	const float *x, *mask;
	float *out;
	u32 tokens, features;
};

// binary: x and out are (outer, inner, row); y is repeated along the axes whose
// stride is 0.
struct binary {
	const float *x, *y;
	float *out;
	u32 blocks[2], inner, row; // outer is blocks[0]·blocks[1]
	u32 strides[4];            // of y, in values
	u32 taskRows;
};

// copy: parts of length values, that are xStride and outStride apart. A task
// is span values of a part.
struct copy {
	const float *x;
	float *out;
	u32 length, xStride, outStride, span;
};

// planes: a task is a plane of the result, (height, width); an upsampled,
// pooled or shuffled one.
struct planes {
	const float *x;
	float *out;
	u32 height, width;
	u32 plane, line; // values of a plane of x, of a line of it
	u32 factor;      // of a shuffle
};

// timestep: out (tasks, 2·half) is the cosines, then the sines.
struct timestep {
	const float *t;
	const double *frequencies;
	float *out;
	u32 half;
};

// transpose: out is (blocks[0], blocks[1], height, width), and strides are x's
// by the axes of out.
struct transpose {
	const float *x;
	float *out;
	u32 blocks[2], height, width, strides[4], taskRows;
};

// team is the threads that share the tasks of an operation: the one that calls
// run, and workers. backend.go allocates it, 0 but for scratch and stride.
struct team {
	uint64_t work; // high: how many operations there were; low: tasks of this one that nobody has taken
	struct op *op;
	u32 last;     // tasks are taken in rising order up to this one
	u32 done;     // tasks that have ended
	u32 sleepers; // workers that wait for an operation
	u32 waiting;  // 1: run waits for done
	float *scratch; // of thread i at i·stride values
	u32 stride;
};

void perform(struct op *op, u32 task, float *scratch);
void perform_all(struct team *t, struct op *op, u32 first, u32 last);

void linear(const struct linear *o, u32 task, float *scratch);
void convolution(const struct conv *o, u32 task, float *scratch);
void winograd_inputs(const struct winograd *o, u32 task);
void winograd(const struct winograd *o, u32 task, float *scratch);
void group_norm(const struct group_norm *o, u32 task);
void layer_norm(const struct layer_norm *o, u32 task);
void silu(const struct unary *o, u32 task);
void gelu(const struct unary *o, u32 task);
void attention(const struct attention *o, u32 task, float *scratch);
void attention_weights(const struct attention *o, u32 task, float *scratch);
u32 embedding(const struct embedding *o, u32 task);
void mean_tokens(const struct mean_tokens *o, u32 task);
void addition(const struct binary *o, u32 task);
void multiplication(const struct binary *o, u32 task);
void copy(const struct copy *o, u32 task);
void upsample(const struct planes *o, u32 task);
void pool(const struct planes *o, u32 task);
void shuffle(const struct planes *o, u32 task);
void unshuffle(const struct planes *o, u32 task);
void timestep(const struct timestep *o, u32 task);
void transpose(const struct transpose *o, u32 task);
