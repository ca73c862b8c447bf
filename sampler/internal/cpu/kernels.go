//go:build amd64 || arm64

package cpu

import "math"

// kernels are loops in assembly.
type kernels struct {
	lanes     int // how many channels moments sums
	largest   func(n int, x *float32) float32
	expSum    func(n int, x *float32, scale, shift float32) float64
	silu      func(n int, out, x *float32)
	moments   func(pixels int, x *float32, stride int, sums, squares *float64)
	normalize func(pixels, channels int, out, x, mean, scale, shift *float32, silu int)
	f2, f4    filter
}

func (k *kernels) instructions(name string, rows, cols int, full, half product) *instructions {
	return &instructions{name: name, arithmetic: Fused, rows: rows, cols: cols, full: full, half: half,
		exponentials: k.exponentialsOf, silu: k.siluOf, moments: k.momentsOf, normalize: k.normalizeOf, f2: k.f2, f4: k.f4}
}

func (k *kernels) exponentialsOf(x []float32, scale float32) float64 {
	largest := k.largest(len(x), &x[0])
	scale *= math.Log2E
	return k.expSum(len(x), &x[0], scale, -largest*scale)
}

func (k *kernels) siluOf(out, x []float32) {
	whole := len(x) &^ (lanes - 1)
	if whole > 0 {
		k.silu(whole, &out[0], &x[0])
	}
	if whole < len(x) {
		var rest [lanes]float32
		copy(rest[:], x[whole:])
		k.silu(lanes, &rest[0], &rest[0])
		copy(out[whole:], rest[:])
	}
}

func (k *kernels) momentsOf(x []float32, sums, squares []float64) {
	channels := len(sums)
	if channels%k.lanes != 0 {
		moments(x, sums, squares)
		return
	}
	for c := 0; c < channels; c += k.lanes {
		k.moments(len(x)/channels, &x[c], 4*channels, &sums[c], &squares[c])
	}
}

func (k *kernels) normalizeOf(out, x []float32, a affine, silu bool) {
	channels := len(a.mean)
	if channels%lanes != 0 {
		normalize(out, x, a, false)
		if silu {
			k.siluOf(out, out)
		}
		return
	}
	flag := 0
	if silu {
		flag = 1
	}
	k.normalize(len(x)/channels, channels, &out[0], &x[0], &a.mean[0], &a.scale[0], &a.shift[0], flag)
}
