package cpu

const (
	// tileBytes is how much of the packed operand one task works on: half of
	// a common second-level cache.
	tileBytes = 256 << 10
	// rowBlock is how many rows of a weight are one task where there are fewer
	// column tiles than threads could use.
	rowBlock = 64
	// fewTiles is that number of column tiles.
	fewTiles = 16
)

// columnTile is how many columns of that depth one task packs.
func (t *instructions) columnTile(depth, columns int) int {
	n := tileBytes / 4 / depth / t.cols * t.cols
	return min(max(n, 2*t.cols), t.padded(columns))
}

// product runs the tasks of out = weight · columns: pack fills a buffer with
// the columns [from, to) of a group, and put says where their products go.
// The columns of a task lie in one group. Neither the cut into tasks nor their
// order changes a value.
func (n *node) product(w *panels, groups, columns int, pack func(dst []float32, group, from, to int), put func(group, from int) target) {
	width := w.columnTile(w.depth, columns)
	tiles := (columns + width - 1) / width
	rows, block := w.tiles(), max(rowBlock/w.rows, 1)
	blocks := 1
	if groups*tiles < fewTiles {
		blocks = (rows + block - 1) / block
	}
	n.p.each(groups*tiles*blocks, func(worker, i int) {
		part, tile, group := i%blocks, i/blocks%tiles, i/blocks/tiles
		from := tile * width
		to := min(from+width, columns)
		buf := n.p.buffer(worker, width*w.depth)
		pack(buf, group, from, to)
		first, last := 0, rows
		if blocks > 1 {
			first, last = part*block, min((part+1)*block, rows)
		}
		multiply(put(group, from), w, first, last, buf, to-from)
	})
}

func (n *node) linear(w *panels) kernel {
	x, bias := n.in[0], n.optional(2)
	return always(func() {
		n.product(w, 1, len(x)/w.depth, func(dst []float32, _, from, to int) {
			w.packCols(dst, x[from*w.depth:], to-from, w.depth, w.depth)
		}, func(_, from int) target {
			return target{dst: n.out[from*w.height:], rowStride: 1, colStride: w.height, bias: bias}
		})
	})
}

// conv is a product of the weight with the windows of the image, a tile of
// output positions at a time (Chellapilla et al. 2006).
func (n *node) conv(w *panels) kernel {
	x, in, bias := n.in[0], n.shape(0), n.in[2]
	size := n.shape(1)[2]
	height, width := n.Shape[2], n.Shape[3]
	pixels := height * width
	return always(func() {
		n.product(w, in[0], pixels, func(dst []float32, image, from, to int) {
			if size == 1 && n.Stride == 1 && n.Padding == 0 {
				w.packPlanes(dst, x[image*in[1]*pixels:], in[1], pixels, from, to)
				return
			}
			w.packWindows(dst, x[image*in[1]*in[2]*in[3]:], in[1], in[2], in[3], size, n.Stride, n.Padding, width, from, to)
		}, func(image, from int) target {
			return target{dst: n.out[image*w.height*pixels+from:], rowStride: pixels, colStride: 1, bias: bias}
		})
	})
}

// packPlanes packs the positions [from, to) of planes of pixels values; a
// column is a position's value in every plane.
func (t *instructions) packPlanes(dst, x []float32, planes, pixels, from, to int) {
	for c := 0; c < to-from; c += t.cols {
		tile := dst[c*planes : (c+t.cols)*planes]
		at := from + c
		n := min(t.cols, to-at)
		for k := range planes {
			line := tile[k*t.cols:][:t.cols]
			clear(line[copy(line, x[k*pixels+at:][:n]):])
		}
	}
}

// run is some neighbouring positions of one row of the output.
type run struct{ at, n, row, col int }

// packWindows packs the windows of the output positions [from, to) of an
// image of channels × height × width; what lies beyond its edges is zero.
func (t *instructions) packWindows(dst, x []float32, channels, height, width, size, stride, padding, outWidth, from, to int) {
	depth := channels * size * size
	runs := make([]run, 0, maxTile)
	for c := 0; c < to-from; c += t.cols {
		runs = runs[:0]
		n := min(t.cols, to-from-c)
		for at := 0; at < n; {
			row, col := (from+c+at)/outWidth, (from+c+at)%outWidth
			r := run{at, min(n-at, outWidth-col), row*stride - padding, col*stride - padding}
			runs = append(runs, r)
			at += r.n
		}
		tile := dst[c*depth:][: t.cols*depth : t.cols*depth]
		for ch := range channels {
			plane := x[ch*height*width : (ch+1)*height*width]
			for i := range size {
				for j := range size {
					line := tile[:t.cols]
					tile = tile[t.cols:]
					clear(line[n:])
					for _, r := range runs {
						y, first := r.row+i, r.col+j
						to := line[r.at : r.at+r.n]
						if y < 0 || y >= height {
							clear(to)
							continue
						}
						from := plane[y*width : (y+1)*width]
						if stride == 1 && first >= 0 && first+r.n <= width {
							if len(to) == 8 { // without a call
								*(*[8]float32)(to) = *(*[8]float32)(from[first:])
							} else {
								copy(to, from[first:])
							}
							continue
						}
						for k := range to {
							to[k] = 0
							if at := first + k*stride; at >= 0 && at < width {
								to[k] = from[at]
							}
						}
					}
				}
			}
		}
	}
}

// attention works through blocks of the queries of a head: scores, softmax,
// sum of values, with two matrix products. Keys that the mask
// hides are left out, so that padding changes no bit.
func (n *node) attention() kernel {
	return n.heads(n.shape(0), n.shape(1), n.optional(3), func(h *head, worker, from, to int) {
		p := n.p
		keys, d, queries := len(h.keys), h.d, to-from
		k, v := &panels{instructions: p.instructions, height: keys, depth: d}, &panels{instructions: p.instructions, height: d, depth: keys}
		need := []int{k.len(), v.len(), p.instructions.padded(queries) * d, p.instructions.padded(queries) * keys, queries * keys}
		buf := split(p.buffer(worker, sum(need)), need)
		k.data, v.data = buf[0], buf[1]
		clear(k.data)
		clear(v.data)
		for i, key := range h.keys {
			k.setRow(i, n.in[1][h.key(key):][:d])
			v.setCol(i, n.in[2][h.key(key):][:d])
		}
		scores := buf[4]
		h.scores(n.in[0], from, to, k, buf[2], scores)
		p.instructions.packCols(buf[3], scores, queries, keys, keys)
		multiply(target{dst: n.out[h.query(from):], rowStride: 1, colStride: h.features}, v, 0, v.tiles(), buf[3], queries)
	})
}

func (n *node) attentionWeights() kernel {
	return n.heads(n.shape(0), n.shape(1), n.optional(2), func(h *head, worker, from, to int) {
		keys, d, queries := len(h.keys), h.d, to-from
		p := n.p
		k := &panels{instructions: p.instructions, height: keys, depth: d}
		need := []int{k.len(), p.instructions.padded(queries) * d, queries * keys}
		buf := split(p.buffer(worker, sum(need)), need)
		k.data = buf[0]
		clear(k.data)
		for i, key := range h.keys {
			k.setRow(i, n.in[1][h.key(key):][:d])
		}
		h.scores(n.in[0], from, to, k, buf[1], buf[2])
		all := n.Shape[3]
		for q := from; q < to; q++ {
			row := n.out[((h.batch*n.Heads+h.index)*n.Shape[2]+q)*all:][:all]
			clear(row)
			for i, key := range h.keys {
				row[key] = buf[2][(q-from)*keys+i]
			}
		}
	})
}

// head is one head of one sample.
type head struct {
	batch, index   int
	d, features    int // of a head, of all heads
	queries, count int // in the sample, of keys in the sample
	keys           []int
	scale          float32
}

func (h *head) query(i int) int { return (h.batch*h.queries+i)*h.features + h.index*h.d }
func (h *head) key(i int) int   { return (h.batch*h.count+i)*h.features + h.index*h.d }

// scores computes softmax(q·kᵀ/√d) of the queries [from, to): a row a query.
func (h *head) scores(q []float32, from, to int, k *panels, packed, scores []float32) {
	keys := len(h.keys)
	k.packCols(packed, q[h.query(from):], to-from, h.d, h.features)
	multiply(target{dst: scores, rowStride: 1, colStride: keys}, k, 0, k.tiles(), packed, to-from)
	for i := range to - from {
		k.softmax(scores[i*keys:(i+1)*keys], h.scale)
	}
}

// queryBlock is how many queries of a head one task works on.
const queryBlock = 64

func (n *node) heads(q, k []int, mask []float32, f func(h *head, worker, from, to int)) kernel {
	blocks := (q[1] + queryBlock - 1) / queryBlock
	d := q[2] / n.Heads
	attended := make([][]int, q[0])
	return always(func() {
		for b := range attended {
			attended[b] = attended[b][:0]
			for m := range k[1] {
				if mask == nil || mask[b*k[1]+m] != 0 {
					attended[b] = append(attended[b], m)
				}
			}
		}
		n.p.each(q[0]*n.Heads*blocks, func(worker, i int) {
			block, index, batch := i%blocks, i/blocks%n.Heads, i/blocks/n.Heads
			h := &head{batch: batch, index: index, d: d, features: q[2], queries: q[1], count: k[1],
				keys: attended[batch], scale: rsqrt(d)}
			f(h, worker, block*queryBlock, min((block+1)*queryBlock, q[1]))
		})
	})
}

func sum(list []int) int {
	total := 0
	for _, n := range list {
		total += n
	}
	return total
}

// split cuts a buffer into pieces of those lengths.
func split(buf []float32, lengths []int) [][]float32 {
	pieces := make([][]float32, len(lengths))
	for i, n := range lengths {
		pieces[i], buf = buf[:n:n], buf[n:]
	}
	return pieces
}
