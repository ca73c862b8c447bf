#include "kernels.h"

// A convolution is a product of the weight with the windows of the image, a
// tile of output positions at a time (Chellapilla et al. 2006).

// quad is four neighbouring positions of the output, or fewer at the end.
struct quad {
	const float *x[4]; // the image of each
	int row[4], col[4]; // where its window begins
	u32 n, together; // together: in one row of one image
};

static struct quad quadAt(const struct conv *o, u32 at, u32 end) {
	struct quad q;
	u32 pixels = o->outHeight * o->outWidth;
	q.n = at < end ? smaller(4, end - at) : 0;
	for (u32 i = 0; i < q.n; i++) {
		u32 image = (at + i) / pixels, p = (at + i) % pixels;
		q.x[i] = o->x + image * o->channels * o->height * o->width;
		q.row[i] = (int)(p / o->outWidth * o->stride) - (int)o->padding;
		q.col[i] = (int)(p % o->outWidth * o->stride) - (int)o->padding;
	}
	q.together = q.n == 4 && o->stride <= 2 && q.x[0] == q.x[3] && q.row[0] == q.row[3];
	return q;
}

// values are those of plane at (i, j) of the four windows.
INLINE v128_t values(const struct conv *o, const struct quad *q, u32 plane, u32 i, u32 j) {
	int height = (int)o->height, width = (int)o->width;
	if (q->together) {
		int y = q->row[0] + (int)i, x = q->col[0] + (int)j;
		if (y < 0 || y >= height)
			return splat(0);
		const float *line = q->x[0] + plane + y * width;
		if (o->stride == 2) {
			if (x >= 0 && x + 7 <= width)
				return wasm_i32x4_shuffle(load(line + x), load(line + x + 3), 0, 2, 5, 7);
			if (x == -1 && width >= 6)
				return wasm_f32x4_replace_lane(wasm_i32x4_shuffle(load(line), load(line + 2), 1, 1, 3, 7), 0, 0);
		} else if (x >= 0 && x + 4 <= width) {
			return load(line + x);
		} else if (x == -1 && width >= 4) {
			return wasm_i32x4_shuffle(load(line), splat(0), 4, 0, 1, 2);
		} else if (x >= 0 && x + 3 == width) {
			return wasm_i32x4_shuffle(load(line + x - 1), splat(0), 1, 2, 3, 4);
		}
	}
	float v[4] = {0, 0, 0, 0};
	for (u32 c = 0; c < q->n; c++) {
		int y = q->row[c] + (int)i, x = q->col[c] + (int)j;
		if (y >= 0 && y < height && x >= 0 && x < width)
			v[c] = q->x[c][plane + y * width + x];
	}
	return load(v);
}

// packWindows packs values [k, k + depth) of the windows of COLS positions.
static void packWindows(const struct conv *o, float *to, u32 at, u32 end, u32 k, u32 depth) {
	struct quad a = quadAt(o, at, end), b = quadAt(o, at + 4, end);
	u32 area = o->height * o->width, taps = o->size * o->size;
	u32 channel = k / taps, i = k % taps / o->size, j = k % o->size;
	for (u32 n = 0; n < depth; n++, to += COLS) {
		store(to, values(o, &a, channel * area, i, j));
		store(to + 4, values(o, &b, channel * area, i, j));
		if (++j == o->size) {
			j = 0;
			if (++i == o->size)
				i = 0, channel++;
		}
	}
}

// convTile computes ROWS channels at COLS positions, or fewer at the ends.
// Results of an earlier part of the depth are added to.
static void convTile(const struct conv *o, const float *a, const float *b, u32 depth, u32 row, u32 at, u32 end, u32 first) {
	u32 pixels = o->outHeight * o->outWidth, image = at / pixels, pixel = at % pixels;
	u32 rows = smaller(ROWS, o->outputs - row), cols = smaller(COLS, end - at);
	v128_t s[8];
	float edge[ROWS * COLS];
	u32 whole = rows == ROWS && cols == COLS && pixel + COLS <= pixels;
	float *out = o->out + (image * o->outputs + row) * pixels + pixel;
#define PLACE(r, c) o->out[((at + (c)) / pixels * o->outputs + row + (r)) * pixels + (at + (c)) % pixels]
	if (!first && !whole)
		for (u32 r = 0; r < rows; r++)
			for (u32 c = 0; c < cols; c++)
				edge[r * COLS + c] = PLACE(r, c);
	float *to = whole ? out : edge;
	u32 stride = whole ? pixels : COLS;
	for (u32 r = 0; r < ROWS; r++) {
		if (first)
			s[2 * r] = s[2 * r + 1] = splat(r < rows ? o->bias[row + r] : 0);
		else
			s[2 * r] = load(to + r * stride), s[2 * r + 1] = load(to + r * stride + 4);
	}
	product(depth, a, b, s);
	for (u32 r = 0; r < ROWS; r++)
		store(to + r * stride, s[2 * r]), store(to + r * stride + 4, s[2 * r + 1]);
	if (!whole)
		for (u32 r = 0; r < rows; r++)
			for (u32 c = 0; c < cols; c++)
				PLACE(r, c) = edge[r * COLS + c];
#undef PLACE
}

void convolution(const struct conv *o, u32 task, float *scratch) {
	u32 parts = ceil_div(o->outputs, o->taskOutputs), depth = o->channels * o->size * o->size;
	u32 row = task % parts * o->taskOutputs, lastRow = smaller(row + o->taskOutputs, o->outputs);
	u32 from = task / parts * o->taskPixels, to = smaller(from + o->taskPixels, o->batch * o->outHeight * o->outWidth);
	for (u32 k = 0; k < depth; k += DEPTH) {
		u32 n = smaller(DEPTH, depth - k);
		for (u32 at = from; at < to; at += COLS)
			packWindows(o, scratch + (at - from) * n, at, to, k, n);
		for (u32 r = row; r < lastRow; r += ROWS)
			for (u32 at = from; at < to; at += COLS)
				convTile(o, o->weight + r * depth + k * ROWS, scratch + (at - from) * n, n, r, at, to, k == 0);
	}
}
