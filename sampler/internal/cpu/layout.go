package cpu

import "github.com/roentgo/roentgo/internal/graph"

// lines calls f for every row of pixels of the result (B, H, W, C): b and y
// say which.
func (n *node) lines(f func(out []float32, b, y int)) kernel {
	height, line := n.Shape[1], n.Shape[2]*n.Shape[3]
	return always(func() {
		n.p.spans(n.Shape[0]*height, line, func(_, from, to int) {
			for i := from; i < to; i++ {
				f(n.out[i*line:(i+1)*line], i/height, i%height)
			}
		})
	})
}

// line is row y of image b of operand i.
func (n *node) line(i, b, y int) []float32 {
	s := n.shape(i)
	return n.in[i][(b*s[1]+y)*s[2]*s[3]:][:s[2]*s[3]]
}

func (n *node) concat() kernel {
	channels := n.Shape[3]
	return n.lines(func(out []float32, b, y int) {
		at := 0
		for i := range n.In {
			x, c := n.line(i, b, y), n.shape(i)[3]
			for to := at; to < len(out); to += channels {
				copy(out[to:to+c], x)
				x = x[c:]
			}
			at += c
		}
	})
}

func (n *node) upsample() kernel {
	c := n.Shape[3]
	return n.lines(func(out []float32, b, y int) {
		x := n.line(0, b, y/2)
		for ; len(x) > 0; x, out = x[c:], out[2*c:] {
			copy(out, x[:c])
			copy(out[c:], x[:c])
		}
	})
}

func (n *node) pool() kernel {
	c := n.Shape[3]
	return n.lines(func(out []float32, b, y int) {
		above, below := n.line(0, b, 2*y), n.line(0, b, 2*y+1)
		for i := range out {
			at := i/c*2*c + i%c
			out[i] = (above[at] + above[at+c] + below[at] + below[at+c]) / 4
		}
	})
}

func (n *node) shuffle() kernel {
	f, c := n.Factor, n.Shape[3]
	return n.lines(func(out []float32, b, y int) {
		x := n.line(0, b, y/f)[y%f*f:]
		for at := 0; at < len(out); at += f * c {
			for j := range f {
				for channel := range c {
					out[at+j*c+channel] = x[(at/f+channel)*f*f+j]
				}
			}
		}
	})
}

func (n *node) unshuffle() kernel {
	f, c := n.Factor, n.Shape[3]
	return n.lines(func(out []float32, b, y int) {
		for i := range out {
			column, channel := i/c, i%c
			sub := channel % (f * f)
			out[i] = n.line(0, b, y*f+sub/f)[(column*f+sub%f)*(c/f/f)+channel/f/f]
		}
	})
}

// pad copies images into a border of zeros.
func (n *node) pad() kernel {
	height := n.Shape[1]
	return always(func() {
		n.p.each(n.Shape[0], func(_, b int) {
			n.rows(b, 0, height, func(out []float32, at int) { copy(out, n.in[0][at:]) })
		})
	})
}

func (n *node) transpose() kernel {
	x, out := n.in[0], graph.Rank4(n.Shape)
	stride := graph.Transposed(n.shape(0), n.Axes)
	row := out[3]
	return always(func() {
		n.p.each(out[0]*out[1], func(_, i int) {
			for j := range out[2] {
				at := i/out[1]*stride[0] + i%out[1]*stride[1] + j*stride[2]
				to := n.out[(i*out[2]+j)*row:][:row]
				for k := range to {
					to[k] = x[at+k*stride[3]]
				}
			}
		})
	})
}
