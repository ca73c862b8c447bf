#include "kernels.h"

// A convolution of 3 × 3 at stride 1 by Winograd's minimal filtering (Lavin
// and Gray 2016): a tile of 4 × 4 (or 2 × 2) results is Aᵀ[(G g Gᵀ)⊙(Bᵀ d B)]A
// of the 6 × 6 (4 × 4) values under it, and the sum over the channels one
// matrix product for each of the 36 (16) values: a fourth (1 in 2.25) of the
// multiplications.
//
// The points of the larger tile are 0, 1, −1, 1/2, −2 and ∞, whose errors are
// half those of the usual 0, ±1, ±2, ∞ (as Barabasz et al. 2020 found for
// others), and sums are broken at PART channels, so that the errors stay below
// 2e-6 of the range for any number of them.
//
// Weights are transformed where they are used, a few panels and PART channels
// at a time, as all of them would take four times the memory.
//
// Vectors hold four tiles that follow one another in rows of an image and in
// images; COLS tiles are the columns of a product.

#define PART 128

typedef v128_t vec;

INLINE vec times(vec x, float f) { return mul(x, splat(f)); }

// Bᵀd, of vectors that are step apart.
INLINE void input6(const vec *d, vec *out, u32 step) {
	vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
	vec w = sub(d4, d2), z = sub(d3, d1), u = add(w, times(d3, 1.5f)), v = add(z, times(d2, 1.5f));
	out[0] = add(add(w, sub(d0, d2)), times(z, 1.5f));
	out[1] = add(u, v);
	out[2] = sub(u, v);
	out[3] = add(w, add(z, z));
	out[4] = sub(w, times(z, 0.5f));
	out[5] = add(sub(sub(d5, d3), z), times(w, 1.5f));
}

INLINE void input4(const vec *d, vec *out, u32 step) {
	vec d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
	out[0] = sub(d0, d2), out[1] = add(d1, d2), out[2] = sub(d2, d1), out[3] = sub(d1, d3);
}

// G g.
INLINE void weight6(const vec *g, vec *out, u32 step) {
	vec g0 = g[0], g1 = g[step], g2 = g[2 * step], even = add(g0, g2);
	out[0] = g0;
	out[1] = times(add(even, g1), 1 / 3.f);
	out[2] = times(sub(g1, even), 1 / 3.f);
	out[3] = times(add(g0, add(times(g1, 0.5f), times(g2, 0.25f))), -16 / 15.f);
	out[4] = times(add(g0, sub(times(g2, 4), add(g1, g1))), 1 / 15.f);
	out[5] = g2;
}

INLINE void weight4(const vec *g, vec *out, u32 step) {
	vec g0 = g[0], g1 = g[step], g2 = g[2 * step], even = add(g0, g2);
	out[0] = g0, out[1] = times(add(even, g1), 0.5f), out[2] = times(sub(even, g1), 0.5f), out[3] = g2;
}

// Aᵀm.
INLINE void output6(const vec *m, vec *out, u32 step) {
	vec m1 = m[step], m2 = m[2 * step], m3 = m[3 * step], m4 = m[4 * step], s = add(m1, m2), t = sub(m1, m2);
	out[0] = add(add(m[0], s), add(m3, m4));
	out[1] = add(t, sub(times(m3, 0.5f), add(m4, m4)));
	out[2] = add(s, add(times(m3, 0.25f), times(m4, 4)));
	out[3] = add(add(t, m[5 * step]), sub(times(m3, 0.125f), times(m4, 8)));
}

INLINE void output4(const vec *m, vec *out, u32 step) {
	vec m1 = m[step], m2 = m[2 * step];
	out[0] = add(add(m[0], m1), m2), out[1] = sub(sub(m1, m2), m[3 * step]);
}

// quad is four tiles from number at on; those from count on are not there.
struct quad {
	u32 image[4], row[4], col[4], n;
	u32 together; // side by side in one row
};

static struct quad quadAt(const struct winograd *o, u32 at) {
	struct quad q;
	u32 down = ceil_div(o->height, o->tile), across = ceil_div(o->width, o->tile);
	q.n = at < o->count ? smaller(4, o->count - at) : 0;
	for (u32 i = 0; i < q.n; i++) {
		u32 t = o->first + at + i;
		q.image[i] = t / (down * across), q.row[i] = t / across % down * o->tile, q.col[i] = t % across * o->tile;
	}
	q.together = q.n == 4 && q.col[3] == q.col[0] + 3 * o->tile && q.col[3] + o->tile <= o->width;
	return q;
}

// rowOf reads row y of the values under four tiles that lie together: n
// vectors, of the columns from one before each tile on.
INLINE void rowOf(const struct winograd *o, const float *plane, int y, u32 col, vec *d, u32 n) {
	if (y < 0 || y >= (int)o->height) {
		for (u32 j = 0; j < n; j++)
			d[j] = splat(0);
		return;
	}
	const float *x = plane + (u32)y * o->width + col;
	u32 wide = 4 * (n - 2);
	vec before = col > 0 ? splat(x[-1]) : splat(0), after = col + wide < o->width ? splat(x[wide]) : splat(0);
	if (n == 6) {
		vec a = load(x), b = load(x + 4), c = load(x + 8), e = load(x + 12);
		transpose4(&a, &b, &c, &e);
		d[0] = wasm_i32x4_shuffle(before, e, 0, 4, 5, 6);
		d[1] = a, d[2] = b, d[3] = c, d[4] = e;
		d[5] = wasm_i32x4_shuffle(a, after, 1, 2, 3, 4);
	} else {
		vec a = load(x), b = load(x + 4), even = wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), odd = wasm_i32x4_shuffle(a, b, 1, 3, 5, 7);
		d[0] = wasm_i32x4_shuffle(before, odd, 0, 4, 5, 6);
		d[1] = even, d[2] = odd;
		d[3] = wasm_i32x4_shuffle(even, after, 1, 2, 3, 4);
	}
}

// scattered reads a value under four tiles, wherever they lie.
static vec scattered(const struct winograd *o, const struct quad *q, u32 channel, u32 i, u32 j) {
	float v[4] = {0, 0, 0, 0};
	for (u32 t = 0; t < q->n; t++) {
		u32 y = q->row[t] + i - 1, x = q->col[t] + j - 1; // −1 is more than any height
		if (y < o->height && x < o->width)
			v[t] = o->x[((q->image[t] * o->channels + channel) * o->height + y) * o->width + x];
	}
	return load(v);
}

// The values of transformed inputs: v holds, for each of n·n, the COLS tiles of
// each channel, of one group of tiles after the other. What a value takes is
// no power of two, for which caches have few places.
INLINE u32 inputSize(const struct winograd *o) { return ceil_div(o->count, COLS) * o->channels * COLS + 16; }

INLINE void inputs(const struct winograd *o, u32 task, u32 n) {
	u32 groups = ceil_div(o->count, COLS), parts = ceil_div(groups, o->taskGroups);
	u32 channel = task / parts * o->taskChannels, last = smaller(channel + o->taskChannels, o->channels);
	u32 group = task % parts * o->taskGroups, end = smaller(group + o->taskGroups, groups), size = inputSize(o);
	vec d[6], t[36], c[6];
	for (; group < end; group++)
		for (u32 half = 0; half < COLS; half += 4) {
			struct quad q = quadAt(o, group * COLS + half);
			for (u32 k = channel; k < last; k++) {
				const float *plane = o->x + (q.image[0] * o->channels + k) * o->height * o->width;
				for (u32 i = 0; i < n; i++) {
					if (q.together)
						rowOf(o, plane, (int)(q.row[0] + i) - 1, q.col[0], d, n);
					else
						for (u32 j = 0; j < n; j++)
							d[j] = scattered(o, &q, k, i, j);
					if (n == 6)
						input6(d, t + i * n, 1);
					else
						input4(d, t + i * n, 1);
				}
				float *to = o->v + (group * o->channels + k) * COLS + half;
				for (u32 j = 0; j < n; j++) {
					if (n == 6)
						input6(t + j, c, n);
					else
						input4(t + j, c, n);
					for (u32 i = 0; i < n; i++)
						store(to + (i * n + j) * size, c[i]);
				}
			}
		}
}

void winograd_inputs(const struct winograd *o, u32 task) {
	if (o->tile == 4)
		inputs(o, task, 6);
	else
		inputs(o, task, 4);
}

// weights sets u to the transformed weights of a panel: depth channels from
// first on, each value size apart.
INLINE void weights(const struct winograd *o, float *u, u32 size, u32 row, u32 first, u32 depth, u32 n) {
	const float *g = o->weight + (row * o->channels + first * ROWS) * 9;
	vec w[9], t[18], c[6];
	for (u32 k = 0; k < depth; k++, g += 9 * ROWS) {
		for (u32 i = 0; i < 9; i++)
			w[i] = load(g + i * ROWS);
		for (u32 j = 0; j < 3; j++) {
			if (n == 6)
				weight6(w + j, c, 3);
			else
				weight4(w + j, c, 3);
			for (u32 i = 0; i < n; i++)
				t[i * 3 + j] = c[i];
		}
		for (u32 i = 0; i < n; i++) {
			if (n == 6)
				weight6(t + 3 * i, c, 1);
			else
				weight4(t + 3 * i, c, 1);
			for (u32 j = 0; j < n; j++)
				store(u + (i * n + j) * size + k * ROWS, c[j]);
		}
	}
}

// results brings the sums of four tiles and one channel into the image. m
// holds values that are size apart.
INLINE void results(const struct winograd *o, const struct quad *q, const float *m, u32 size, u32 channel, u32 n) {
	vec d[6], t[24], c[4], bias = splat(o->bias[channel]);
	for (u32 j = 0; j < n; j++) {
		for (u32 i = 0; i < n; i++)
			d[i] = load(m + (i * n + j) * size);
		if (n == 6)
			output6(d, c, 1);
		else
			output4(d, c, 1);
		for (u32 i = 0; i < n - 2; i++)
			t[i * n + j] = c[i];
	}
	u32 plane = o->height * o->width;
	for (u32 i = 0; i < n - 2; i++) {
		if (n == 6)
			output6(t + i * n, c, 1);
		else
			output4(t + i * n, c, 1);
		for (u32 j = 0; j < n - 2; j++)
			c[j] = add(c[j], bias);
		if (q->together) {
			if (q->row[0] + i >= o->height)
				continue;
			float *out = o->out + (q->image[0] * o->outputs + channel) * plane + (q->row[0] + i) * o->width + q->col[0];
			if (n == 6) {
				transpose4(&c[0], &c[1], &c[2], &c[3]);
				store(out, c[0]), store(out + 4, c[1]), store(out + 8, c[2]), store(out + 12, c[3]);
			} else {
				store(out, wasm_i32x4_shuffle(c[0], c[1], 0, 4, 1, 5)), store(out + 4, wasm_i32x4_shuffle(c[0], c[1], 2, 6, 3, 7));
			}
			continue;
		}
		float v[16];
		for (u32 j = 0; j < n - 2; j++)
			store(v + 4 * j, c[j]);
		for (u32 k = 0; k < q->n; k++) {
			if (q->row[k] + i >= o->height)
				continue;
			float *out = o->out + (q->image[k] * o->outputs + channel) * plane + (q->row[k] + i) * o->width + q->col[k];
			for (u32 j = 0; j < n - 2 && q->col[k] + j < o->width; j++)
				out[j] = v[4 * j + k];
		}
	}
}

INLINE void outputs(const struct winograd *o, u32 task, float *scratch, u32 n) {
	u32 groups = ceil_div(o->count, COLS), parts = ceil_div(groups, o->taskGroups);
	u32 group = task % parts * o->taskGroups, width = smaller(o->taskGroups, groups - group);
	u32 row = task / parts * o->taskPanels * ROWS, panels = smaller(o->taskPanels, ceil_div(o->outputs - row, ROWS));
	u32 size = inputSize(o), weightSize = o->taskPanels * PART * ROWS + 16, sumSize = o->taskPanels * o->taskGroups * ROWS * COLS + 16;
	float *u = scratch, *m = scratch + n * n * weightSize;
	for (u32 k = 0; k < o->channels; k += PART) {
		u32 depth = smaller(PART, o->channels - k);
		for (u32 p = 0; p < panels; p++)
			weights(o, u + p * PART * ROWS, weightSize, row + p * ROWS, k, depth, n);
		for (u32 f = 0; f < n * n; f++)
			for (u32 g = 0; g < width; g++) {
				const float *v = o->v + f * size + ((group + g) * o->channels + k) * COLS;
				float *to = m + f * sumSize + g * panels * ROWS * COLS;
				for (u32 p = 0; p < panels; p++, to += ROWS * COLS) {
					vec s[8] = {splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0), splat(0)};
					product(depth, u + f * weightSize + p * PART * ROWS, v, s);
					if (k > 0)
						for (u32 i = 0; i < 8; i++)
							s[i] = add(load(to + 4 * i), s[i]);
					for (u32 i = 0; i < 8; i++)
						store(to + 4 * i, s[i]);
				}
			}
	}
	for (u32 g = 0; g < width; g++)
		for (u32 half = 0; half < COLS; half += 4) {
			struct quad q = quadAt(o, (group + g) * COLS + half);
			for (u32 r = 0; r < panels * ROWS && row + r < o->outputs && q.n > 0; r++)
				results(o, &q, m + g * panels * ROWS * COLS + r * COLS + half, sumSize, row + r, n);
		}
}

void winograd(const struct winograd *o, u32 task, float *scratch) {
	if (o->tile == 4)
		outputs(o, task, scratch, 6);
	else
		outputs(o, task, scratch, 4);
}
