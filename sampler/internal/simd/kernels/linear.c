#include "kernels.h"

// packRows packs rows of x, depth values of each, by ROWS. A row that is
// beyond the last one is zero.
static void packRows(float *to, const float *x, u32 rows, u32 stride, u32 depth) {
	for (u32 r = 0; r < rows; r += ROWS, to += ROWS * depth) {
		const float *from = x + r * stride;
		if (r + ROWS > rows) {
			for (u32 k = 0; k < depth; k++)
				for (u32 i = 0; i < ROWS; i++)
					to[k * ROWS + i] = r + i < rows ? from[i * stride + k] : 0;
			continue;
		}
		u32 k = 0;
		LOOP (; k + 4 <= depth; k += 4) {
			const float *p = from + k;
			v128_t a = load(p), b = load(p + stride), c = load(p + 2 * stride), d = load(p + 3 * stride);
			transpose4(&a, &b, &c, &d);
			float *q = to + k * ROWS;
			store(q, a), store(q + 4, b), store(q + 8, c), store(q + 12, d);
		}
		for (; k < depth; k++)
			for (u32 i = 0; i < ROWS; i++)
				to[k * ROWS + i] = from[i * stride + k];
	}
}

// linearTile computes ROWS × COLS results, or fewer at the ends. Those of an
// earlier part of the depth are added to.
static void linearTile(const struct linear *o, const float *a, const float *b, u32 depth, u32 row, u32 col, u32 first) {
	float *out = o->out + row * o->columns + col;
	u32 rows = smaller(ROWS, o->rows - row), cols = smaller(COLS, o->columns - col);
	v128_t s[8];
	float edge[ROWS * COLS];
	u32 whole = rows == ROWS && cols == COLS, stride = o->columns;
	if (!whole) {
		for (u32 r = 0; r < ROWS; r++)
			for (u32 c = 0; c < COLS; c++) {
				float v = 0;
				if (r < rows && c < cols)
					v = !first ? out[r * o->columns + c] : o->bias ? o->bias[col + c] : 0;
				edge[r * COLS + c] = v;
			}
		stride = COLS;
	}
	float *to = whole ? out : edge;
	if (whole && first) {
		v128_t b0 = splat(0), b1 = splat(0);
		if (o->bias)
			b0 = load(o->bias + col), b1 = load(o->bias + col + 4);
		for (u32 r = 0; r < ROWS; r++)
			s[2 * r] = b0, s[2 * r + 1] = b1;
	} else {
		for (u32 r = 0; r < ROWS; r++)
			s[2 * r] = load(to + r * stride), s[2 * r + 1] = load(to + r * stride + 4);
	}
	product(depth, a, b, s);
	for (u32 r = 0; r < ROWS; r++)
		store(to + r * stride, s[2 * r]), store(to + r * stride + 4, s[2 * r + 1]);
	if (!whole)
		for (u32 r = 0; r < rows; r++)
			for (u32 c = 0; c < cols; c++)
				out[r * o->columns + c] = edge[r * COLS + c];
}

void linear(const struct linear *o, u32 task, float *scratch) {
	u32 parts = ceil_div(o->columns, o->taskColumns);
	u32 row = task / parts * o->taskRows, lastRow = smaller(row + o->taskRows, o->rows);
	u32 col = task % parts * o->taskColumns, lastCol = smaller(col + o->taskColumns, o->columns);
	for (u32 k = 0; k < o->depth; k += DEPTH) {
		u32 depth = smaller(DEPTH, o->depth - k);
		packRows(scratch, o->x + row * o->depth + k, lastRow - row, o->depth, depth);
		for (u32 c = col; c < lastCol; c += COLS)
			for (u32 r = row; r < lastRow; r += ROWS)
				linearTile(o, scratch + (r - row) * depth, o->weight + c * o->depth + k * COLS, depth, r, c, k == 0);
	}
}
