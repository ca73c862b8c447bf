package cpu

// planes calls f for each plane of the result (B, C, H, W).
func (n *node) planes(f func(out []float32, batch, channel int)) kernel {
	channels, size := n.Shape[1], n.Shape[2]*n.Shape[3]
	return always(func() {
		n.p.each(n.Shape[0]*channels, func(_, i int) {
			f(n.out[i*size:(i+1)*size], i/channels, i%channels)
		})
	})
}

// plane returns a plane of operand i.
func (n *node) plane(i, batch, channel int) []float32 {
	s := n.shape(i)
	size := s[2] * s[3]
	return n.in[i][(batch*s[1]+channel)*size:][:size]
}

func (n *node) concat() kernel {
	return n.planes(func(out []float32, batch, channel int) {
		i := 0
		for channel >= n.shape(i)[1] {
			channel -= n.shape(i)[1]
			i++
		}
		copy(out, n.plane(i, batch, channel))
	})
}

func (n *node) upsample() kernel {
	width := n.Shape[3]
	return n.planes(func(out []float32, batch, channel int) {
		x := n.plane(0, batch, channel)
		for row := 0; len(x) > 0; row += 2 * width {
			for j, v := range x[:width/2] {
				out[row+2*j], out[row+2*j+1] = v, v
			}
			copy(out[row+width:row+2*width], out[row:])
			x = x[width/2:]
		}
	})
}

func (n *node) pool() kernel {
	width, wide := n.Shape[3], n.shape(0)[3]
	return n.planes(func(out []float32, batch, channel int) {
		x := n.plane(0, batch, channel)
		for i := range out {
			at := i/width*2*wide + i%width*2
			out[i] = (x[at] + x[at+1] + x[at+wide] + x[at+wide+1]) / 4
		}
	})
}

func (n *node) shuffle() kernel {
	f, width := n.Factor, n.Shape[3]
	return n.planes(func(out []float32, batch, channel int) {
		for sub := range f * f {
			x := n.plane(0, batch, channel*f*f+sub)
			for i, v := range x {
				row, col := i/(width/f)*f+sub/f, i%(width/f)*f+sub%f
				out[row*width+col] = v
			}
		}
	})
}

func (n *node) unshuffle() kernel {
	f, width := n.Factor, n.Shape[3]
	return n.planes(func(out []float32, batch, channel int) {
		sub := channel % (f * f)
		x := n.plane(0, batch, channel/(f*f))
		for i := range out {
			row, col := i/width*f+sub/f, i%width*f+sub%f
			out[i] = x[row*width*f+col]
		}
	})
}

func (n *node) transpose() kernel {
	x, out := n.in[0], rank4(n.Shape)
	in := rank4(n.shape(0))
	var stride [4]int // of x, by its own axes
	step := 1
	for i := 3; i >= 0; i-- {
		stride[i] = step
		step *= in[i]
	}
	shift := 4 - len(n.Shape)
	a, b := n.Axes[0]+shift, n.Axes[1]+shift
	stride[a], stride[b] = stride[b], stride[a]
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
