package cpu

import "math"

// momentPixels is how many pixels one task sums: a constant, so that the order
// of additions depends on nothing else.
const momentPixels = 128

// groupNorm sums in float64, where squares of float32 are exact: float32 sums
// over 65,536 values lose what the tolerance allows.
func (n *node) groupNorm() kernel {
	x, weight, bias := n.in[0], n.in[1], n.in[2]
	height, width, channels := n.Shape[1], n.Shape[2], n.Shape[3]
	rest := len(n.Own())
	var scale, shift []float32
	if n.Scaled {
		scale = n.in[rest]
		rest++
	}
	if n.Shifted {
		shift = n.in[rest]
	}
	pixels := height * width
	chunks := (pixels + momentPixels - 1) / momentPixels
	sums, squares := make([]float64, n.Shape[0]*chunks*channels), make([]float64, n.Shape[0]*chunks*channels)
	each := make([]affine, n.Shape[0])
	for i := range each {
		each[i] = affine{make([]float32, channels), make([]float32, channels), make([]float32, channels)}
	}
	rows := max(1, grain/(width*channels))
	pieces := (height + rows - 1) / rows
	return always(func() {
		n.p.each(n.Shape[0]*chunks, func(_, i int) {
			from := i % chunks * momentPixels
			to := min(from+momentPixels, pixels)
			sample := x[i/chunks*pixels*channels:]
			n.p.moments(sample[from*channels:to*channels], sums[i*channels:][:channels], squares[i*channels:][:channels])
		})
		for i, a := range each {
			at := i * chunks * channels
			n.affine(a, sums[at:][:chunks*channels], squares[at:][:chunks*channels], weight, bias)
			a.adapt(ofSample(scale, i, channels), ofSample(shift, i, channels))
		}
		n.p.each(n.Shape[0]*pieces, func(_, i int) {
			b, piece := i/pieces, i%pieces
			n.rows(b, piece*rows, min((piece+1)*rows, height), func(out []float32, at int) {
				n.p.normalize(out, x[at:at+len(out)], each[b], n.SiLU)
			})
		})
	})
}

// affine makes of a sample's sums, a row a chunk of pixels, what its norm does
// to each channel.
func (n *node) affine(a affine, sums, squares []float64, weight, bias []float32) {
	channels := n.Shape[3]
	group := channels / n.Groups
	count := float64(group * n.Shape[1] * n.Shape[2])
	for g := 0; g < channels; g += group {
		var sum, square float64
		for from := g; from < len(sums); from += channels {
			for i := range group {
				sum += sums[from+i]
				square += squares[from+i]
			}
		}
		mean := sum / count
		scale := 1 / math.Sqrt(max(square/count-float64(mean*mean), 0)+n.Eps)
		for c := g; c < g+group; c++ {
			a.mean[c], a.scale[c] = float32(mean), float32(scale*float64(weight[c]))
			// What the mean lost when it was rounded.
			a.shift[c] = float32(float64(bias[c]) - float64((mean-float64(a.mean[c]))*scale*float64(weight[c])))
		}
	}
}

// ofSample is the part of v, of as many channels for each sample or for all,
// that sample i has; nil where there is none.
func ofSample(v []float32, i, channels int) []float32 {
	if len(v) > channels {
		v = v[i*channels:][:channels]
	}
	return v
}

// adapt multiplies the result by scale and adds shift, a value per channel;
// nil leaves it as it is.
func (a affine) adapt(scale, shift []float32) {
	for c, s := range scale {
		a.scale[c] *= s
		a.shift[c] *= s
	}
	for c, s := range shift {
		a.shift[c] += s
	}
}

// rows calls f for every row of image b of the result in [from, to), with the
// place of its first value in an image without border, and clears the border.
func (n *node) rows(b, from, to int, f func(out []float32, at int)) {
	height, row, edge := n.Shape[1], n.Shape[2]*n.Shape[3], n.Border*n.Shape[3]
	line := row + 2*edge
	image := n.out[b*(height+2*n.Border)*line:][:(height+2*n.Border)*line]
	if from == 0 {
		clear(image[:n.Border*line])
	}
	if to == height {
		clear(image[(height+n.Border)*line:])
	}
	for y := from; y < to; y++ {
		out := image[(y+n.Border)*line:][:line]
		clear(out[:edge])
		clear(out[edge+row:])
		f(out[edge:edge+row], (b*height+y)*row)
	}
}

// moments sums each channel of x (pixels, channels) in float64.
func moments(x []float32, sums, squares []float64) {
	clear(sums)
	clear(squares)
	for ; len(x) > 0; x = x[len(sums):] {
		for c := range sums {
			v := float64(x[c])
			sums[c] += v
			squares[c] += v * v
		}
	}
}

// normalize rounds the product by itself on every processor: the compiler may
// fuse what has no conversion.
func normalize(out, x []float32, a affine, act bool) {
	channels := len(a.mean)
	for i := 0; i < len(x); i += channels {
		to := out[i : i+channels]
		for c, v := range x[i : i+channels] {
			to[c] = float32((v-a.mean[c])*a.scale[c]) + a.shift[c]
		}
	}
	if act {
		silu(out, out)
	}
}

func (n *node) layerNorm() kernel {
	x, weight, bias := n.in[0], n.in[1], n.in[2]
	d := len(weight)
	return always(func() {
		n.p.spans(len(x)/d, d, func(_, from, to int) {
			for i := from; i < to; i++ {
				layerNorm(n.out[i*d:(i+1)*d], x[i*d:(i+1)*d], weight, bias, n.Eps)
			}
		})
	})
}

// layerNorm sums in float64, in chains of additions that do not wait for each
// other.
func layerNorm(out, x, weight, bias []float32, eps float64) {
	n := float64(len(x))
	mean := sum(x) / n
	variance := squares(x, mean) / n
	center, scale := float32(mean), float32(1/math.Sqrt(variance+eps))
	rest := float32(mean - float64(center)) // what the mean lost when it was rounded
	weight, bias, out = weight[:len(x)], bias[:len(x)], out[:len(x)]
	for i, v := range x {
		out[i] = float32((v-center-rest)*scale*weight[i]) + bias[i]
	}
}

// sum adds x up in four chains.
func sum(x []float32) float64 {
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := x[i : i+4 : i+4]
		a += float64(v[0])
		b += float64(v[1])
		c += float64(v[2])
		d += float64(v[3])
	}
	for ; i < len(x); i++ {
		a += float64(x[i])
	}
	return (a + b) + (c + d)
}

// squares adds up the squares of the distances from mean, in four chains, each
// square rounded by itself.
func squares(x []float32, mean float64) float64 {
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		v := x[i : i+4 : i+4]
		p, q, r, s := float64(v[0])-mean, float64(v[1])-mean, float64(v[2])-mean, float64(v[3])-mean
		a += float64(p * p)
		b += float64(q * q)
		c += float64(r * r)
		d += float64(s * s)
	}
	for ; i < len(x); i++ {
		p := float64(x[i]) - mean
		a += float64(p * p)
	}
	return (a + b) + (c + d)
}
