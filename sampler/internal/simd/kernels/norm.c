#include "kernels.h"

// Means and variances are summed in float64: float32 sums over 65,536 values
// lose what the tolerance allows.

INLINE v128_t low(v128_t x) { return wasm_f64x2_promote_low_f32x4(x); }
INLINE v128_t high(v128_t x) { return low(wasm_i64x2_shuffle(x, x, 1, 1)); }
INLINE double total(v128_t a, v128_t b) {
	a = wasm_f64x2_add(a, b);
	return wasm_f64x2_extract_lane(a, 0) + wasm_f64x2_extract_lane(a, 1);
}

static double sum(const float *x, u32 n) {
	v128_t a = wasm_f64x2_splat(0), b = a;
	u32 i = 0;
	LOOP (; i + 4 <= n; i += 4) {
		v128_t v = load(x + i);
		a = wasm_f64x2_add(a, low(v)), b = wasm_f64x2_add(b, high(v));
	}
	double s = total(a, b);
	for (; i < n; i++)
		s += x[i];
	return s;
}

// The mean is two float32 numbers, of which x less the first is exact enough.
struct mean { float high, low; };

INLINE v128_t centred(v128_t x, struct mean m) { return sub(sub(x, splat(m.high)), splat(m.low)); }

static double squares(const float *x, u32 n, struct mean m) {
	v128_t a = wasm_f64x2_splat(0), b = a;
	u32 i = 0;
	LOOP (; i + 4 <= n; i += 4) {
		v128_t d = centred(load(x + i), m);
		d = mul(d, d);
		a = wasm_f64x2_add(a, low(d)), b = wasm_f64x2_add(b, high(d));
	}
	double s = total(a, b);
	for (; i < n; i++) {
		float d = x[i] - m.high - m.low;
		s += d * d;
	}
	return s;
}

// moments returns the mean and 1/√(variance + eps).
static float moments(const float *x, u32 n, float eps, struct mean *m) {
	double mean = sum(x, n) / n;
	m->high = (float)mean, m->low = (float)(mean - m->high);
	return (float)(1 / __builtin_sqrt(squares(x, n, *m) / n + eps));
}

#define SCALED(f)                                                             \
	u32 i = 0;                                                                \
	LOOP (; i + 4 <= n; i += 4)                                               \
		store(out + i, f(add(mul(centred(load(x + i), m), scale), bias)));    \
	for (; i < n; i++)                                                        \
		out[i] = wasm_f32x4_extract_lane(f(add(mul(centred(splat(x[i]), m), scale), bias)), 0);

// scaled sets out to (x − mean)·scale + bias.
static void scaled(float *out, const float *x, u32 n, struct mean m, v128_t scale, v128_t bias) { SCALED() }

// scaled_silu sets out to the SiLU of that.
static void scaled_silu(float *out, const float *x, u32 n, struct mean m, v128_t scale, v128_t bias) { SCALED(silu4) }

void group_norm(const struct group_norm *o, u32 task) {
	u32 n = o->channels * o->pixels, first = task % o->groups * o->channels;
	const float *x = o->x + task * n;
	float *out = o->out + task * n;
	const float *scale = o->scale + task / o->groups * o->scaleStride + first;
	const float *shift = o->shift + task / o->groups * o->shiftStride + first;
	struct mean m;
	float deviations = moments(x, n, o->eps, &m);
	for (u32 c = 0; c < o->channels; c++) {
		float w = deviations * o->weight[first + c], b = o->bias[first + c];
		if (o->scale)
			w *= scale[c], b *= scale[c];
		if (o->shift)
			b += shift[c];
		(o->silu ? scaled_silu : scaled)(out + c * o->pixels, x + c * o->pixels, o->pixels, m, splat(w), splat(b));
	}
}

void layer_norm(const struct layer_norm *o, u32 task) {
	u32 n = o->features, last = smaller((task + 1) * o->taskRows, o->rows);
	for (u32 r = task * o->taskRows; r < last; r++) {
		const float *x = o->x + r * n;
		float *out = o->out + r * n;
		struct mean m;
		float scale = moments(x, n, o->eps, &m);
		u32 i = 0;
		LOOP (; i + 4 <= n; i += 4)
			store(out + i, add(mul(mul(centred(load(x + i), m), splat(scale)), load(o->weight + i)), load(o->bias + i)));
		for (; i < n; i++)
			out[i] = (x[i] - m.high - m.low) * scale * o->weight[i] + o->bias[i];
	}
}
