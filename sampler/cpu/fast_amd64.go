package cpu

import (
	"math"

	"golang.org/x/sys/cpu"
)

// fast are the instruction sets with assembly that this processor can run, the
// fastest first.
var fast = func() (list []*instructions) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return nil
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		list = append(list, &instructions{name: "avx512", rows: 32, cols: 8, sums: productAVX512, softmax: softmaxAVX2, silu: siluOfAVX2})
	}
	return append(list, &instructions{name: "avx2", rows: 16, cols: 6, sums: productAVX2, softmax: softmaxAVX2, silu: siluOfAVX2})
}()

// lanes is how many values the loops in assembly take at a time. What is over
// is padded, so that a value's bytes do not depend on its place.
const lanes = 8

func softmaxAVX2(x []float32, scale float32) {
	whole := len(x) &^ (lanes - 1)
	var rest [lanes]float32
	for i := range rest {
		rest[i] = float32(math.Inf(-1)) // neither the largest nor any part of the sum
	}
	copy(rest[:], x[whole:])
	most, total := maxAVX2(lanes, &rest[0]), 0.0
	if whole > 0 {
		most = max(most, maxAVX2(whole, &x[0]))
		total = expSumAVX2(whole, &x[0], scale, most)
	}
	if whole < len(x) {
		total += expSumAVX2(lanes, &rest[0], scale, most)
		copy(x[whole:], rest[:])
	}
	f := float32(1 / total)
	for i := range x {
		x[i] *= f
	}
}

func siluOfAVX2(out, x []float32) {
	whole := len(x) &^ (lanes - 1)
	if whole > 0 {
		siluAVX2(whole, &out[0], &x[0])
	}
	if whole < len(x) {
		var rest [lanes]float32
		copy(rest[:], x[whole:])
		siluAVX2(lanes, &rest[0], &rest[0])
		copy(out[whole:], rest[:])
	}
}
