package cpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
)

// each applies f to every value.
func (n *node) each(f func(out, x []float32)) kernel {
	return always(func() {
		n.p.spans(len(n.out), 1, func(_, from, to int) { f(n.out[from:to], n.in[0][from:to]) })
	})
}

func silu(out, x []float32) {
	for i, v := range x {
		out[i] = v / (1 + exp(-v))
	}
}

func gelu(out, x []float32) {
	for i, v := range x {
		d := float64(v)
		out[i] = float32(d / 2 * (1 + math.Erf(d/math.Sqrt2)))
	}
}

// exp is eˣ to about one unit in the last place: x = n·ln 2 + r with
// |r| ≤ ln 2 / 2, and eʳ by its Taylor polynomial of degree 7, whose
// remainder is below 2⁻²⁷. Results below the smallest normal number are zero.
func exp(x float32) float32 {
	const (
		most  = 88.72284  // ln of the largest float32
		least = -87.33654 // ln of the smallest normal one
		log2e = 1.4426950408889634
		// ln 2 in two parts, the first of few enough bits that n times it is
		// exact (Cody and Waite 1980).
		ln2High = 0.693359375
		ln2Low  = -2.12194440e-4
	)
	if !(x > least) {
		if x != x {
			return x
		}
		return 0
	}
	if x > most {
		return float32(math.Inf(1))
	}
	t := x * log2e
	var n int32
	if t >= 0 {
		n = int32(t + 0.5)
	} else {
		n = int32(t - 0.5)
	}
	f := float32(n)
	r := x - f*ln2High
	r -= f * ln2Low
	p := float32(1.0 / 5040)
	p = p*r + 1.0/720
	p = p*r + 1.0/120
	p = p*r + 1.0/24
	p = p*r + 1.0/6
	p = p*r + 0.5
	p = p*r*r + r + 1
	if n > 127 { // 2¹²⁸ is no float32, though eˣ is
		return p * 2 * math.Float32frombits(uint32(n+126)<<23)
	}
	return p * math.Float32frombits(uint32(n+127)<<23)
}

func exponentials(x []float32, scale float32) float64 {
	most := slices.Max(x)
	var total float64
	for i, v := range x {
		e := exp((v - most) * scale)
		x[i] = e
		total += float64(e)
	}
	return total
}

func add(out, x, y []float32) {
	for i, v := range x {
		out[i] = v + y[i]
	}
}

func mul(out, x, y []float32) {
	for i, v := range x {
		out[i] = v * y[i]
	}
}

// broadcast applies f to x and y, whose dimensions equal x's or are 1.
func (n *node) broadcast(f func(out, x, y []float32)) kernel {
	x, y := n.in[0], n.in[1]
	if len(x) == len(y) {
		return always(func() {
			n.p.spans(len(x), 1, func(_, from, to int) { f(n.out[from:to], x[from:to], y[from:to]) })
		})
	}
	xs := graph.Rank4(n.shape(0))
	stride := graph.Repeated(graph.Rank4(n.shape(1)))
	row := xs[3]
	return always(func() {
		n.p.each(xs[0]*xs[1], func(worker, i int) {
			_, repeated := n.p.scratch(worker, row)
			for j := range xs[2] {
				at := i/xs[1]*stride[0] + i%xs[1]*stride[1] + j*stride[2]
				other := y[at:]
				if stride[3] == 0 && row > 1 {
					other = repeated
					for k := range other {
						other[k] = y[at]
					}
				}
				from := (i*xs[2] + j) * row
				f(n.out[from:from+row], x[from:from+row], other[:row])
			}
		})
	})
}

// meanTokens sums in float64, token by token.
func (n *node) meanTokens() kernel {
	x, mask := n.in[0], n.optional(1)
	tokens, d := n.shape(0)[1], n.shape(0)[2]
	sum := make([]float64, d)
	return always(func() {
		for b := range n.Shape[0] {
			clear(sum)
			count := 0
			for i := range tokens {
				if mask != nil && mask[b*tokens+i] == 0 {
					continue
				}
				count++
				for k, v := range x[(b*tokens+i)*d:][:d] {
					sum[k] += float64(v)
				}
			}
			for k, v := range sum {
				n.out[b*d+k] = float32(v / float64(max(count, 1)))
			}
		}
	})
}

func (n *node) embedding() kernel {
	table, ids := n.in[0], n.in[1]
	rows, d := n.shape(0)[0], n.shape(0)[1]
	return func() error {
		for i, v := range ids {
			id := int(v)
			if float32(id) != v || id < 0 || id >= rows {
				return fmt.Errorf("%w: id %g is not one of a table of %d rows", graph.ErrProgram, v, rows)
			}
			copy(n.out[i*d:(i+1)*d], table[id*d:(id+1)*d])
		}
		return nil
	}
}

func (n *node) timestep() kernel {
	t := n.in[0]
	half := n.Shape[1] / 2
	return always(func() {
		for b, v := range t {
			row := n.out[b*2*half : (b+1)*2*half]
			for i := range half {
				angle := float64(v) * math.Pow(10000, -float64(i)/float64(half))
				row[i], row[half+i] = float32(math.Cos(angle)), float32(math.Sin(angle))
			}
		}
	})
}
