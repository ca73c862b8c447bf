package cpu

import (
	"slices"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

//go:generate go run ./gen -out kernels_amd64.s -stubs kernels_amd64.go -pkg cpu
//go:generate go run ./gen/arm64

// instructions are the inner loops for one instruction set. Those with fused
// multiply-add give the same bytes as each other, on every processor.
type instructions struct {
	name       string
	arithmetic string // Fused or Plain

	// The tile of the matrix product whose sums stay in registers. half, where
	// there is one, works on the first half of the rows.
	rows, cols int
	full, half product

	// exponentials replaces x, a multiple of lanes values, by eˢᵃˡᵉ·⁽ˣ⁻ᵐ⁾, m being
	// the largest, and returns their sum.
	exponentials func(x []float32, scale float32) float64
	// silu sets out to x·sigmoid(x).
	silu func(out, x []float32)
	// moments sets the sums, and the sums of squares, of every channel of x
	// (pixels, channels).
	moments func(x []float32, sums, squares []float64)
	// normalize sets out to (x−mean)·scale+shift, and to the SiLU of that
	// where it is asked for, for x (pixels, channels).
	normalize func(out, x []float32, a affine, silu bool)
	f2, f4    filter
}

// The arithmetics of instruction sets: whether a multiply-add rounds once or twice.
const (
	Fused = "fused"
	Plain = "plain"
)

// lanes is how many values the longest vector of any instruction set has. What
// is over is padded to as many, so that bytes depend neither on a value's place
// nor on the vector's length.
const lanes = 16

// product computes tiles of out[c, r] = Σₖ a[k, r]·b[c, k]: row r of the left
// side at a + r + k·aStride, column c of the right side, whose values lie one
// after the other, at b + offsets[c] + k, each sum in rising order of k.
//
// With more, the sums start from the values of out. Then bias, one value per row, and
// residual, like out, are added, where they are not nil. Only the first n
// columns, at least one, are written; offsets has as many as whole tiles have.
// Strides are in bytes.
type product func(depth int, a *float32, aStride int, b *float32, offsets *int32, out *float32, outStride, n, more int,
	bias, residual *float32, residualStride int)

// affine is what a norm does to each channel.
type affine struct{ mean, scale, shift []float32 }

// plain is the instruction set in Go alone.
var plain = &instructions{name: "go", arithmetic: Plain, rows: 4, cols: 2, full: productGo, exponentials: exponentials, silu: silu, moments: moments, normalize: normalize,
	f2: filterGo(&winograd.F2), f4: filterGo(&winograd.F4)}

// available are those that this processor can run, the fastest first.
func available() []*instructions { return append(slices.Clone(fast), plain) }
