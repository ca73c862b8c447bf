// Package winograd holds the matrices of Winograd's minimal filtering for 3×3
// windows (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural
// Networks", section 4), for the kernels and for what generates them.
package winograd

// Filter is F(n×n, 3×3): n×n results Y of a window g over n+2 by n+2 values d
// are Y = Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A.
type Filter struct {
	B [][]float64 // Bᵀ: n+2 rows
	G [][]float64 // n+2 rows of 3
	A [][]float64 // Aᵀ: n rows of n+2
}

// F2 is F(2×2, 3×3) at the points 0, ±1 and infinity: 16 products for 36.
var F2 = Filter{
	B: [][]float64{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}},
	G: [][]float64{{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}},
	A: [][]float64{{1, 1, 1, 0}, {0, 1, -1, 1}},
}

// F4 is F(4×4, 3×3) at the points 0, ±1, ±2 and infinity: 36 products for 144.
var F4 = Filter{
	B: [][]float64{{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}},
	G: [][]float64{{1. / 4, 0, 0}, {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}},
	A: [][]float64{{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}},
}

// Results is n.
func (f *Filter) Results() int { return len(f.A) }

// Side is n + 2.
func (f *Filter) Side() int { return len(f.B) }

// Points is the number of products a pair of channels: (n + 2)².
func (f *Filter) Points() int { return len(f.B) * len(f.B) }

// Term is one term of a sum: a coefficient that is not 0 and what it is of.
type Term struct {
	Of          int
	Coefficient float64
}

// Terms lists the terms of a row of a matrix in the order in which they are
// summed: one with the coefficient 1 first.
func Terms(row []float64) []Term {
	var list []Term
	for i, c := range row {
		switch {
		case c == 1 && (len(list) == 0 || list[0].Coefficient != 1):
			list = append([]Term{{i, c}}, list...)
		case c != 0:
			list = append(list, Term{i, c})
		}
	}
	return list
}
