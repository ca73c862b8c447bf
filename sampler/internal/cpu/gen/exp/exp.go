// Package exp holds the constants of the exponential functions in assembly,
// for what generates them.
package exp

import "math"

// Of e to the power of x, as exp of elementwise.go computes it.
const (
	Most    = 88.72284  // ln of the largest float32
	Least   = -87.33654 // ln of the smallest normal one
	Ln2High = 0.693359375
	Ln2Low  = -2.12194440e-4
	Bias    = 127 // of a float32's exponent
)

// LeastPower is the exponent below which a power of two stays what it is there:
// no sum that has a 1 in it sees it.
const LeastPower = -125

// Taylor returns the polynomial of eʳ around 0, the lowest term first.
func Taylor() []float64 {
	terms := make([]float64, 8)
	factorial := 1.0
	for i := range terms {
		factorial *= float64(max(i, 1))
		terms[i] = 1 / factorial
	}
	return terms
}

// PowerOfTwo returns the polynomial of that degree, the lowest term first, that
// equals 2ʳ at the Chebyshev nodes of [−1/2, 1/2].
func PowerOfTwo(degree int) []float64 {
	nodes, differences := make([]float64, degree+1), make([]float64, degree+1)
	for i := range nodes {
		nodes[i] = math.Cos(math.Pi*(float64(i)+.5)/float64(degree+1)) / 2
		differences[i] = math.Exp2(nodes[i])
	}
	for k := 1; k <= degree; k++ { // Newton's divided differences
		for i := degree; i >= k; i-- {
			differences[i] = (differences[i] - differences[i-1]) / (nodes[i] - nodes[i-k])
		}
	}
	p := []float64{differences[degree]}
	for i := degree - 1; i >= 0; i-- { // p·(r − node) + difference
		next := make([]float64, len(p)+1)
		for k, c := range p {
			next[k+1] += c
			next[k] -= c * nodes[i]
		}
		next[0] += differences[i]
		p = next
	}
	return p
}
