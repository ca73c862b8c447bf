package cpu

import "golang.org/x/sys/cpu"

// fast are the tilings in assembly that this processor can run, the fastest
// first.
var fast = func() (list []*tiling) {
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		list = append(list, &tiling{name: "avx512", rows: 32, cols: 8, sums: productAVX512})
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, &tiling{name: "avx2", rows: 16, cols: 6, sums: productAVX2})
	}
	return list
}()
