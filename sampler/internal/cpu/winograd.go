package cpu

import (
	"unsafe"

	"github.com/roentgo/roentgo/sampler/internal/cpu/winograd"
)

// filter is one of Winograd's with its kernels.
type filter struct {
	*winograd.Filter
	// input transforms a tile of pixels that lie pixel and line bytes apart to
	// points that lie point bytes apart.
	input func(channels int, x *float32, pixel, line int, out *float32, point int, scratch *float32)
	// output transforms points back, and adds bias, one value per channel, and
	// residual, which is laid out like out and may be nil.
	output func(channels int, m *float32, point int, out *float32, pixel, line int, bias, residual, scratch *float32)
}

// winogradConv is a convolution with windows of 3×3 and stride 1. For every point
// of the transformed tiles it is one matrix product, of tiles by channels.
type winogradConv struct {
	*node
	filter
	weights         []panels // one per point
	x               images
	tilesDown       int // of an image
	tilesAcross     int
	inputs, outputs int // channels
	group           int // tiles that are transformed before they are multiplied
	offsets         []int32
	segments        []segment
}

// winogradWeights transforms the weights (O, C, 3, 3) to panels of O × C for
// every point, in float64.
func (t *instructions) winogradWeights(f *winograd.Filter, weights []float32, shape []int) []panels {
	side, area := f.Side(), 9
	size := packedLen(t.rows, shape[0], shape[1])
	all := make([]float32, f.Points()*size)
	list := make([]panels, f.Points())
	for i := range list {
		list[i] = packed(t.rows, shape[0], shape[1], all[i*size:][:size])
	}
	half := make([]float64, side*3)
	for o := range shape[0] {
		for c := range shape[1] {
			g := weights[(o*shape[1]+c)*area:][:area]
			for i, row := range f.G {
				for j := range 3 {
					half[i*3+j] = dot(row, float64(g[j]), float64(g[3+j]), float64(g[6+j]))
				}
			}
			for i := range side {
				for j, row := range f.G {
					list[i*side+j].set(o, c, float32(dot(row, half[i*3], half[i*3+1], half[i*3+2])))
				}
			}
		}
	}
	return list
}

// dot returns row·(x, y, z), the same on every processor: without conversions
// the compiler may fuse.
func dot(row []float64, x, y, z float64) float64 {
	return float64(row[0]*x) + float64(row[1]*y) + float64(row[2]*z)
}

// groupBytes bounds what the transformed tiles of a group take, so that they
// stay in the second level of the cache.
const groupBytes = 640 << 10

// manyBytes is from when on the weights do not pass again for every group: all
// tiles are one group.
const manyBytes = 2 << 20

func (n *node) winograd(f filter, weights []panels) kernel {
	s := n.shape(0)
	w := &winogradConv{node: n, filter: f, weights: weights, x: n.bordered(0), tilesDown: n.Shape[1] / f.Results(), tilesAcross: n.Shape[2] / f.Results(), inputs: s[3], outputs: n.Shape[3]}
	all := n.Shape[0] * w.tilesDown * w.tilesAcross
	tile := f.Points() * (w.inputs + w.outputs)
	w.group = min(all, max(n.p.cols, groupBytes/(4*tile)/n.p.cols*n.p.cols))
	onePass := 4*len(weights)*len(weights[0].data) > manyBytes
	if onePass {
		w.group = all
	}
	w.offsets, w.segments = n.p.evenly(w.group, w.inputs), blocks([]segment{{0, w.inputs}})
	size := tile*w.group + f.Points()*lanes
	return n.biased(func(sample, samples int, bias []float32) {
		first, count := sample*w.tilesDown*w.tilesAcross, samples*w.tilesDown*w.tilesAcross
		if onePass {
			w.onePass(first, count, bias, n.p.shared(size))
			return
		}
		n.p.each((count+w.group-1)/w.group, func(worker, i int) {
			edge, buf := n.p.scratch(worker, size)
			from := first + i*w.group
			to := min(from+w.group, first+count)
			v, m, scratch := w.split(buf)
			w.transform(from, to, from, v, scratch)
			for point := range w.weights {
				w.multiply(point, 0, to-from, v, m, edge)
			}
			w.transformBack(from, to, from, m, bias, scratch)
		})
	})
}

// onePass transforms all tiles, multiplies and transforms back on all threads, one
// after the other.
func (w *winogradConv) onePass(first, count int, bias []float32, buf []float32) {
	const piece = 8
	v, m, _ := w.split(buf)
	pieces := (count + piece - 1) / piece
	w.p.each(pieces, func(worker, i int) {
		_, scratch := w.p.scratch(worker, w.Points()*lanes)
		w.transform(first+i*piece, first+min((i+1)*piece, count), first, v, scratch)
	})
	w.p.each(len(w.weights), func(worker, point int) {
		edge, _ := w.p.scratch(worker, w.Points()*lanes)
		w.multiply(point, 0, count, v, m, edge)
	})
	w.p.each(pieces, func(worker, i int) {
		_, scratch := w.p.scratch(worker, w.Points()*lanes)
		w.transformBack(first+i*piece, first+min((i+1)*piece, count), first, m, bias, scratch)
	})
}

// split cuts a buffer into room for a group's transformed tiles, for their
// products and for one transform.
func (w *winogradConv) split(buf []float32) (v, m, scratch []float32) {
	at := w.Points() * w.group * w.inputs
	end := at + w.Points()*w.group*w.outputs
	return buf[:at], buf[at:end], buf[end:]
}

// transform brings the tiles [from, to), of which first is the first of the
// group, to their points.
func (w *winogradConv) transform(from, to, first int, v, scratch []float32) {
	c, n := w.inputs, w.Results()
	for t := from; t < to; t++ {
		b, y, x := t/(w.tilesDown*w.tilesAcross), t/w.tilesAcross%w.tilesDown*n, t%w.tilesAcross*n
		at := ((b*w.x.height+y)*w.x.width + x) * c
		w.input(c, &w.x.values[at], 4*c, 4*c*w.x.width, &v[(t-first)*c], 4*c*w.group, &scratch[0])
	}
}

// multiply takes the product of one point of the tiles [from, to) of a group.
func (w *winogradConv) multiply(point, from, to int, v, m, edge []float32) {
	p := matmul{left: w.weights[point], right: v[point*w.group*w.inputs:], offsets: w.offsets,
		segments: w.segments, out: m[point*w.group*w.outputs:], outStride: w.outputs}
	for tile := 0; tile*w.p.rows < w.outputs; tile++ {
		w.p.tile(&p, tile, from, to, edge)
	}
}

// transformBack brings the products of tiles to the result.
func (w *winogradConv) transformBack(from, to, first int, m, bias, scratch []float32) {
	c, n, width := w.outputs, w.Results(), w.Shape[2]
	residual := w.residual()
	for t := from; t < to; t++ {
		b, y, x := t/(w.tilesDown*w.tilesAcross), t/w.tilesAcross%w.tilesDown*n, t%w.tilesAcross*n
		at := ((b*w.Shape[1]+y)*width + x) * c
		var add *float32
		if residual != nil {
			add = &residual[at]
		}
		w.output(c, &m[(t-first)*c], 4*c*w.group, &w.out[at], 4*c, 4*c*width, &bias[0], add, &scratch[0])
	}
}

// filterGo is the twin of the kernels in Go.
func filterGo(f *winograd.Filter) filter {
	side, n := f.Side(), f.Results()
	rows := func(matrix [][]float64) (list [][]winograd.Term) {
		for _, row := range matrix {
			list = append(list, winograd.Terms(row))
		}
		return list
	}
	b, a := rows(f.B), rows(f.A)
	return filter{f, func(channels int, x *float32, pixel, line int, out *float32, point int, scratch *float32) {
		half := unsafe.Slice(scratch, side*side)
		for c := range channels {
			for j := range side {
				for i, row := range b {
					half[i*side+j] = terms(row, x, j*pixel+4*c, line)
				}
			}
			for i := range side {
				for j, row := range b {
					*at(out, (i*side+j)*point+4*c) = terms(row, &half[i*side], 0, 4)
				}
			}
		}
	}, func(channels int, m *float32, point int, out *float32, pixel, line int, bias, residual, scratch *float32) {
		half := unsafe.Slice(scratch, side*n)
		for c := range channels {
			for i := range side {
				for j, row := range a {
					half[i*n+j] = terms(row, m, i*side*point+4*c, point)
				}
			}
			for i, row := range a {
				for j := range n {
					y := terms(row, &half[j], 0, 4*n) + *at(bias, 4*c)
					to := i*line + j*pixel + 4*c
					if residual != nil {
						y += *at(residual, to)
					}
					*at(out, to) = y
				}
			}
		}
	}}
}

// at is the value a number of bytes after p.
func at(p *float32, bytes int) *float32 { return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes)) }

// terms sums terms of values that lie stride bytes apart.
func terms(list []winograd.Term, x *float32, first, stride int) float32 {
	var sum float32
	for i, t := range list {
		v := *at(x, first+t.Of*stride)
		if i == 0 {
			sum = v
		} else {
			sum += float32(t.Coefficient) * v
		}
	}
	return sum
}
