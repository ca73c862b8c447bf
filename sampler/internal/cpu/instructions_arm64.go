package cpu

import "github.com/roentgo/roentgo/sampler/internal/cpu/winograd"

// fast are the instruction sets with assembly: NEON, which every arm64 has.
var fast = []*instructions{(&kernels{16, largestNEON, expSumNEON, siluNEON, momentsNEON, normalizeNEON,
	filter{&winograd.F2, winograd2InNEON, winograd2OutNEON}, filter{&winograd.F4, winograd4InNEON, winograd4OutNEON},
}).instructions("neon", 16, 6, productNEON, productHalfNEON)}
