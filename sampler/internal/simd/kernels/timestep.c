#include "kernels.h"

// sinCos is the sine and the cosine of x ≥ 0 below 1e6, in float64 to some
// 1e-12: x less a multiple of π/2, in three parts (Cody and Waite 1980), and
// Taylor polynomials on |r| ≤ π/4.
static void sinCos(double x, double *sine, double *cosine) {
	double n = __builtin_rint(x * 0.63661977236758134308);
	double r = x - n * 1.57079632673412561417; // 33 bits of π/2
	r -= n * 6.07710050650619224932e-11;       // the rest
	double z = r * r;
	double s = r * (1 + z * (-1. / 6 + z * (1. / 120 + z * (-1. / 5040 + z * (1. / 362880 + z * (-1. / 39916800 + z / 6227020800))))));
	double c = 1 + z * (-1. / 2 + z * (1. / 24 + z * (-1. / 720 + z * (1. / 40320 + z * (-1. / 3628800 + z * (1. / 479001600 - z / 87178291200))))));
	switch ((u32)(int)n & 3) {
	case 0: *sine = s, *cosine = c; return;
	case 1: *sine = c, *cosine = -s; return;
	case 2: *sine = -s, *cosine = -c; return;
	default: *sine = -c, *cosine = s; return;
	}
}

void timestep(const struct timestep *o, u32 task) {
	float *out = o->out + task * 2 * o->half;
	for (u32 i = 0; i < o->half; i++) {
		double sine, cosine;
		sinCos(o->t[task] * o->frequencies[i], &sine, &cosine);
		out[i] = (float)cosine, out[o->half + i] = (float)sine;
	}
}
