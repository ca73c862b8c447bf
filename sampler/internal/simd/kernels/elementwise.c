#include "kernels.h"

// gelu4 is x/2·(1 + erf(x/√2)), with erf by formula 7.1.26 of Abramowitz and
// Stegun (1964), which is off by at most 1.5e-7.
INLINE v128_t gelu4(v128_t x) {
	v128_t z = mul(wasm_f32x4_abs(x), splat(0.70710678f));
	v128_t t = wasm_f32x4_div(splat(1), add(splat(1), mul(z, splat(0.3275911f))));
	v128_t p = add(mul(t, splat(1.061405429f)), splat(-1.453152027f));
	p = add(mul(p, t), splat(1.421413741f));
	p = add(mul(p, t), splat(-0.284496736f));
	p = add(mul(p, t), splat(0.254829592f));
	// erfc(z); of −x the result is −z·erfc(z), of x it is x less that.
	v128_t erfc = mul(mul(p, t), exponential(wasm_f32x4_neg(mul(z, z))));
	v128_t tail = mul(mul(wasm_f32x4_abs(x), splat(0.5f)), erfc);
	return sub(wasm_f32x4_pmax(x, splat(0)), tail);
}

#define EACH(f)                                                               \
	u32 i = task * o->span, last = smaller(i + o->span, o->length);           \
	const float *x = o->x;                                                    \
	float *out = o->out;                                                      \
	LOOP (; i + 4 <= last; i += 4)                                            \
		store(out + i, f(load(x + i)));                                   \
	for (; i < last; i++)                                                     \
		out[i] = wasm_f32x4_extract_lane(f(splat(x[i])), 0);

void silu(const struct unary *o, u32 task) { EACH(silu4) }

void gelu(const struct unary *o, u32 task) { EACH(gelu4) }

#define BROADCAST(f)                                                          \
	u32 parts = ceil_div(o->inner, o->taskRows), outer = task / parts;        \
	u32 first = task % parts * o->taskRows, last = smaller(first + o->taskRows, o->inner); \
	const float *base = o->y + outer / o->blocks[1] * o->strides[0] + outer % o->blocks[1] * o->strides[1]; \
	for (u32 r = first; r < last; r++) {                                      \
		const float *x = o->x + (outer * o->inner + r) * o->row, *y = base + r * o->strides[2]; \
		float *out = o->out + (outer * o->inner + r) * o->row;                \
		u32 i = 0;                                                            \
		if (o->strides[3]) {                                                  \
			LOOP (; i + 4 <= o->row; i += 4)                                  \
				store(out + i, f(load(x + i), load(y + i)));                  \
			for (; i < o->row; i++)                                           \
				out[i] = wasm_f32x4_extract_lane(f(splat(x[i]), splat(y[i])), 0); \
		} else {                                                              \
			v128_t v = splat(*y);                                             \
			LOOP (; i + 4 <= o->row; i += 4)                                  \
				store(out + i, f(load(x + i), v));                            \
			for (; i < o->row; i++)                                           \
				out[i] = wasm_f32x4_extract_lane(f(splat(x[i]), v), 0);       \
		}                                                                     \
	}

void addition(const struct binary *o, u32 task) { BROADCAST(add) }

void multiplication(const struct binary *o, u32 task) { BROADCAST(mul) }
