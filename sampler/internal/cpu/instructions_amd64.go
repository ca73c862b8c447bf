package cpu

import (
	"golang.org/x/sys/cpu"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

// fast are the instruction sets with assembly that this processor can run, the
// fastest first.
var fast = func() (list []*instructions) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasFMA {
		return nil
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		k := kernels{16, largestAVX512, expSumAVX512, siluAVX512, momentsAVX512, normalizeAVX512,
			filter{&winograd.F2, winograd2InAVX512, winograd2OutAVX512}, filter{&winograd.F4, winograd4InAVX512, winograd4OutAVX512}}
		list = append(list, k.instructions("avx512", 32, 8, productAVX512, productHalfAVX512))
	}
	k := kernels{8, largestAVX2, expSumAVX2, siluAVX2, momentsAVX2, normalizeAVX2,
		filter{&winograd.F2, winograd2InAVX2, winograd2OutAVX2}, filter{&winograd.F4, winograd4InAVX2, winograd4OutAVX2}}
	return append(list, k.instructions("avx2", 16, 6, productAVX2, productHalfAVX2))
}()
