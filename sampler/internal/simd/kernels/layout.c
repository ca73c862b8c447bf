#include "kernels.h"

INLINE void move(float *to, const float *from, u32 n) {
	u32 i = 0;
	LOOP (; i + 4 <= n; i += 4)
		store(to + i, load(from + i));
	for (; i < n; i++)
		to[i] = from[i];
}

void copy(const struct copy *o, u32 task) {
	u32 parts = ceil_div(o->length, o->span), part = task / parts, from = task % parts * o->span;
	move(o->out + part * o->outStride + from, o->x + part * o->xStride + from, smaller(o->span, o->length - from));
}

u32 embedding(const struct embedding *o, u32 task) {
	u32 last = smaller((task + 1) * o->taskIDs, o->count);
	for (u32 i = task * o->taskIDs; i < last; i++) {
		float id = o->ids[i];
		if (!(id >= 0 && id < (float)o->rows) || (float)(u32)id != id)
			return 0;
		move(o->out + i * o->features, o->table + (u32)id * o->features, o->features);
	}
	return 1;
}

// A task is a sample. Sums are in float64, token by token.
void mean_tokens(const struct mean_tokens *o, u32 task) {
	const float *x = o->x + task * o->tokens * o->features, *mask = o->mask + task * o->tokens;
	u32 count = 0;
	for (u32 i = 0; i < o->tokens; i++)
		count += !o->mask || mask[i] != 0;
	for (u32 k = 0; k < o->features; k++) {
		double sum = 0;
		for (u32 i = 0; i < o->tokens; i++)
			if (!o->mask || mask[i] != 0)
				sum += x[i * o->features + k];
		o->out[task * o->features + k] = (float)(sum / (count ? count : 1));
	}
}

void upsample(const struct planes *o, u32 task) {
	u32 width = o->width, half = o->line;
	const float *x = o->x + task * o->plane;
	float *out = o->out + task * o->height * width;
	for (u32 r = 0; r < o->height; r += 2, x += half, out += 2 * width) {
		u32 i = 0;
		LOOP (; i + 4 <= half; i += 4) {
			v128_t v = load(x + i), a = wasm_i32x4_shuffle(v, v, 0, 0, 1, 1), b = wasm_i32x4_shuffle(v, v, 2, 2, 3, 3);
			float *to = out + 2 * i;
			store(to, a), store(to + 4, b), store(to + width, a), store(to + width + 4, b);
		}
		for (; i < half; i++)
			out[2 * i] = out[2 * i + 1] = out[width + 2 * i] = out[width + 2 * i + 1] = x[i];
	}
}

void pool(const struct planes *o, u32 task) {
	const float *x = o->x + task * o->plane;
	float *out = o->out + task * o->height * o->width;
	for (u32 r = 0; r < o->height; r++, x += 2 * o->line, out += o->width) {
		const float *a = x, *b = x + o->line;
		u32 i = 0;
		LOOP (; i + 4 <= o->width; i += 4) {
			v128_t p = add(load(a + 2 * i), load(b + 2 * i)), q = add(load(a + 2 * i + 4), load(b + 2 * i + 4));
			v128_t even = wasm_i32x4_shuffle(p, q, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(p, q, 1, 3, 5, 7);
			store(out + i, mul(add(even, odd), splat(0.25f)));
		}
		for (; i < o->width; i++)
			out[i] = ((a[2 * i] + b[2 * i]) + (a[2 * i + 1] + b[2 * i + 1])) * 0.25f;
	}
}

void shuffle(const struct planes *o, u32 task) {
	u32 f = o->factor, rows = o->height / f, cols = o->line;
	const float *x = o->x + task * f * f * o->plane;
	float *out = o->out + task * o->height * o->width;
	for (u32 sub = 0; sub < f * f; sub++)
		for (u32 r = 0; r < rows; r++)
			for (u32 c = 0; c < cols; c++)
				out[(r * f + sub / f) * o->width + c * f + sub % f] = *x++;
}

void unshuffle(const struct planes *o, u32 task) {
	u32 f = o->factor, sub = task % (f * f);
	const float *x = o->x + task / (f * f) * o->plane + sub / f * o->line + sub % f;
	float *out = o->out + task * o->height * o->width;
	for (u32 r = 0; r < o->height; r++, x += f * o->line)
		for (u32 c = 0; c < o->width; c++)
			*out++ = x[c * f];
}

void transpose(const struct transpose *o, u32 task) {
	u32 parts = ceil_div(o->height, o->taskRows), block = task / parts;
	u32 r = task % parts * o->taskRows, last = smaller(r + o->taskRows, o->height);
	u32 down = o->strides[2], right = o->strides[3];
	const float *x = o->x + block / o->blocks[1] * o->strides[0] + block % o->blocks[1] * o->strides[1];
	float *out = o->out + block * o->height * o->width;
	if (down == 1)
		for (; r + 4 <= last; r += 4) {
			float *to = out + r * o->width;
			u32 c = 0;
			LOOP (; c + 4 <= o->width; c += 4) {
				const float *p = x + r + c * right;
				v128_t v0 = load(p), v1 = load(p + right), v2 = load(p + 2 * right), v3 = load(p + 3 * right);
				transpose4(&v0, &v1, &v2, &v3);
				float *q = to + c;
				store(q, v0), store(q + o->width, v1), store(q + 2 * o->width, v2), store(q + 3 * o->width, v3);
			}
			for (; c < o->width; c++)
				for (u32 i = 0; i < 4; i++)
					to[i * o->width + c] = x[r + i + c * right];
		}
	for (; r < last; r++)
		for (u32 c = 0; c < o->width; c++)
			out[r * o->width + c] = x[r * down + c * right];
}
