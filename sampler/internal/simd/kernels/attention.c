#include "kernels.h"

// Attention works through COLS queries of a head at a time, a vector of
// queries for each key: scores, softmax and the sum of values need no value of
// another lane. Keys that the mask hides are left out, so that padding changes
// no bit.

// head is one head of one sample, with its attended keys packed.
struct head {
	u32 features, d, dims, keys, padded; // dims and padded: d and keys in whole ROWS
	const float *q;                      // of the first query of the sample
	u32 *list;                           // the attended keys
	float *k, *v, *p, *packed;           // keys, values, scores (key, COLS), queries (d, COLS)
};

// across sets to[c·step + i], for each of d features c, to that of four rows;
// a row that is not there is 0.
static void across(float *to, u32 step, const float *const row[4], u32 d) {
	u32 c = 0;
	if (row[0] && row[1] && row[2] && row[3])
		for (; c + 4 <= d; c += 4, to += 4 * step) {
			v128_t v0 = load(row[0] + c), v1 = load(row[1] + c), v2 = load(row[2] + c), v3 = load(row[3] + c);
			transpose4(&v0, &v1, &v2, &v3);
			store(to, v0), store(to + step, v1), store(to + 2 * step, v2), store(to + 3 * step, v3);
		}
	for (; c < d; c++, to += step)
		for (u32 i = 0; i < 4; i++)
			to[i] = row[i] ? row[i][c] : 0;
}

static struct head prepare(const struct attention *o, u32 sample, u32 index, float *scratch) {
	struct head h;
	h.features = o->features, h.d = o->features / o->heads;
	h.dims = ceil_div(h.d, ROWS) * ROWS;
	h.list = (u32 *)scratch;
	h.keys = 0;
	for (u32 m = 0; m < o->keys; m++)
		if (!o->mask || o->mask[sample * o->keys + m] != 0)
			h.list[h.keys++] = m;
	h.padded = ceil_div(h.keys, ROWS) * ROWS;
	h.k = scratch + ceil_div(o->keys, 4) * 4;
	h.v = h.k + h.padded * h.d;
	h.p = h.v + h.padded * h.dims;
	h.packed = h.p + h.padded * COLS;
	h.q = o->q + sample * o->queries * o->features + index * h.d;
	const float *k = o->k + sample * o->keys * o->features + index * h.d;
	for (u32 m = 0; m < h.padded; m += ROWS) {
		const float *row[ROWS];
		for (u32 i = 0; i < ROWS; i++)
			row[i] = m + i < h.keys ? k + h.list[m + i] * o->features : 0;
		across(h.k + m * h.d, ROWS, row, h.d);
	}
	if (o->v) {
		const float *v = o->v + sample * o->keys * o->features + index * h.d;
		for (u32 c = 0; c < h.dims; c += ROWS) {
			float *to = h.v + c * h.keys;
			for (u32 m = 0; m < h.keys; m++, to += ROWS) {
				const float *from = v + h.list[m] * o->features + c;
				if (c + ROWS <= h.d)
					store(to, load(from));
				else
					for (u32 i = 0; i < ROWS; i++)
						to[i] = c + i < h.d ? from[i] : 0;
			}
		}
	}
	return h;
}

// sumBlock is how many exponentials are summed before they join the others,
// so that the sum of thousands loses little.
enum { sumBlock = 32 };

// exponentials replaces the scores of four queries and all keys, which are COLS
// apart, by e^((score − the largest)/√d), and returns one over their sums.
static v128_t exponentials(float *p, u32 keys, v128_t most, u32 d) {
	v128_t f = splat(1.44269504f / __builtin_sqrtf((float)d)), least = splat(-126), sum = splat(0);
	for (u32 m = 0; m < keys; m += sumBlock) {
		v128_t part = splat(0);
		float *end = p + (smaller(m + sumBlock, keys) - m) * COLS;
		LOOP (; p < end; p += COLS) {
			v128_t x = power(wasm_f32x4_pmax(mul(sub(load(p), most), f), least));
			store(p, x);
			part = add(part, x);
		}
		sum = add(sum, part);
	}
	return wasm_f32x4_div(splat(1), sum);
}

// weigh sets h->p to what exponentials makes of the scores of the queries from
// first on, and scale to one over the sums.
static void weigh(const struct head *h, u32 first, u32 count, v128_t scale[2]) {
	u32 d = h->d, keys = h->keys, padded = h->padded;
	float *p = h->p;
	for (u32 half = 0; half < COLS; half += 4) {
		const float *row[4];
		for (u32 i = 0; i < 4; i++)
			row[i] = half + i < count ? h->q + (first + half + i) * h->features : 0;
		across(h->packed + half, COLS, row, d);
	}
	v128_t most0 = splat(-__builtin_inff()), most1 = most0;
	for (u32 m = 0; m < padded; m += ROWS) {
		v128_t s[8] = {splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0)};
		product(d, h->k + m * d, h->packed, s);
		for (u32 r = 0; r < ROWS; r++) {
			store(p + (m + r) * COLS, s[2 * r]), store(p + (m + r) * COLS + 4, s[2 * r + 1]);
			if (m + r < keys)
				most0 = wasm_f32x4_pmax(most0, s[2 * r]), most1 = wasm_f32x4_pmax(most1, s[2 * r + 1]);
		}
	}
	scale[0] = exponentials(p, keys, most0, d), scale[1] = exponentials(p + 4, keys, most1, d);
}

void attention(const struct attention *o, u32 task, float *scratch) {
	u32 blocks = ceil_div(o->queries, o->taskQueries), index = task / blocks % o->heads, sample = task / blocks / o->heads;
	struct head h = prepare(o, sample, index, scratch);
	u32 first = task % blocks * o->taskQueries, last = smaller(first + o->taskQueries, o->queries);
	for (u32 q = first; q < last; q += COLS) {
		u32 count = smaller(COLS, last - q);
		float *out = o->out + (sample * o->queries + q) * o->features + index * h.d;
		v128_t scale[2] = {splat(0), splat(0)};
		if (h.keys)
			weigh(&h, q, count, scale);
		for (u32 c = 0; c < h.d; c += ROWS) {
			v128_t s[8] = {splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0)};
			product(h.keys, h.v + c * h.keys, h.p, s);
			for (u32 half = 0; half < 2; half++) {
				v128_t row[4];
				for (u32 r = 0; r < ROWS; r++)
					row[r] = mul(s[2 * r + half], scale[half]);
				transpose4(&row[0], &row[1], &row[2], &row[3]);
				for (u32 i = 0; i < 4 && 4 * half + i < count; i++) {
					float *to = out + (4 * half + i) * o->features + c;
					if (c + 4 <= h.d) {
						store(to, row[i]);
						continue;
					}
					float v[4];
					store(v, row[i]);
					for (u32 k = 0; c + k < h.d; k++)
						to[k] = v[k];
				}
			}
		}
	}
}

void attention_weights(const struct attention *o, u32 task, float *scratch) {
	u32 blocks = ceil_div(o->queries, o->taskQueries), index = task / blocks % o->heads, sample = task / blocks / o->heads;
	struct head h = prepare(o, sample, index, scratch);
	u32 first = task % blocks * o->taskQueries, last = smaller(first + o->taskQueries, o->queries);
	for (u32 q = first; q < last; q += COLS) {
		u32 count = smaller(COLS, last - q);
		v128_t scale[2] = {splat(0), splat(0)};
		float factor[COLS];
		if (h.keys)
			weigh(&h, q, count, scale);
		store(factor, scale[0]), store(factor + 4, scale[1]);
		for (u32 i = 0; i < count; i++) {
			float *out = o->out + ((sample * o->heads + index) * o->queries + q + i) * o->keys;
			for (u32 m = 0; m < o->keys; m++)
				out[m] = 0;
			for (u32 m = 0; m < h.keys; m++)
				out[h.list[m]] = h.p[m * COLS + i] * factor[i];
		}
	}
}
