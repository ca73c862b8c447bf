package cpu

const (
	// tileBytes is how much of the packed operand one task works on: half of
	// a common second-level cache.
	tileBytes = 256 << 10
	// rowBlock is how many row tiles of a weight are one task where there are
	// fewer column tiles than threads could use.
	rowBlock = 16
	// fewTiles is that number of column tiles.
	fewTiles = 16
)

// columnTile is how many columns of that depth one task packs.
func columnTile(depth, columns int) int {
	n := tileBytes / 4 / depth / tileCols * tileCols
	return min(max(n, 4*tileCols), colTiles(columns)*tileCols)
}

// product runs the tasks of out = weight · columns: pack fills a buffer with
// the columns [from, to) of a group, and put says where their products go.
// The columns of a task lie in one group. Neither the cut into tasks nor their
// order changes a value.
func (n *node) product(w *panels, groups, columns int, pack func(dst []float32, group, from, to int), put func(group, from int) target) {
	width := columnTile(w.depth, columns)
	tiles := (columns + width - 1) / width
	rows := w.tiles()
	blocks := 1
	if groups*tiles < fewTiles {
		blocks = (rows + rowBlock - 1) / rowBlock
	}
	n.p.each(groups*tiles*blocks, func(worker, i int) {
		block, tile, group := i%blocks, i/blocks%tiles, i/blocks/tiles
		from := tile * width
		to := min(from+width, columns)
		buf := n.p.buffer(worker, width*w.depth)
		pack(buf, group, from, to)
		first, last := 0, rows
		if blocks > 1 {
			first, last = block*rowBlock, min((block+1)*rowBlock, rows)
		}
		multiply(put(group, from), w, first, last, buf, to-from)
	})
}

func (n *node) linear(w *panels) kernel {
	x, bias := n.in[0], n.optional(2)
	return always(func() {
		n.product(w, 1, len(x)/w.depth, func(dst []float32, _, from, to int) {
			packCols(dst, x[from*w.depth:], to-from, w.depth, w.depth)
		}, func(_, from int) target {
			return target{dst: n.out[from*w.rows:], rowStride: 1, colStride: w.rows, bias: bias}
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
				packPlanes(dst, x[image*in[1]*pixels:], in[1], pixels, from, to)
				return
			}
			packWindows(dst, x[image*in[1]*in[2]*in[3]:], in[1], in[2], in[3], size, n.Stride, n.Padding, width, from, to)
		}, func(image, from int) target {
			return target{dst: n.out[image*w.rows*pixels+from:], rowStride: pixels, colStride: 1, bias: bias}
		})
	})
}

// packPlanes packs the positions [from, to) of planes of pixels values; a
// column is a position's value in every plane.
func packPlanes(dst, x []float32, planes, pixels, from, to int) {
	for c := 0; c < to-from; c += tileCols {
		tile := dst[c*planes : (c+tileCols)*planes]
		at := from + c
		second := at+1 < to
		for k := range planes {
			tile[2*k], tile[2*k+1] = x[k*pixels+at], 0
			if second {
				tile[2*k+1] = x[k*pixels+at+1]
			}
		}
	}
}

// packWindows packs the windows of the output positions [from, to) of an
// image of channels × height × width; what lies beyond its edges is zero.
func packWindows(dst, x []float32, channels, height, width, size, stride, padding, outWidth, from, to int) {
	depth := channels * size * size
	for c := 0; c < to-from; c++ {
		tile := dst[c/tileCols*tileCols*depth+c%tileCols:]
		row, col := (from+c)/outWidth*stride-padding, (from+c)%outWidth*stride-padding
		k := 0
		for ch := range channels {
			plane := x[ch*height*width : (ch+1)*height*width]
			for i := range size {
				y := row + i
				if y < 0 || y >= height {
					for range size {
						tile[k] = 0
						k += tileCols
					}
					continue
				}
				line := plane[y*width : (y+1)*width]
				for j := range size {
					var v float32
					if at := col + j; at >= 0 && at < width {
						v = line[at]
					}
					tile[k] = v
					k += tileCols
				}
			}
		}
	}
	if odd := (to - from) % tileCols; odd != 0 {
		tile := dst[(to-from)/tileCols*tileCols*depth:]
		for k := range depth {
			tile[k*tileCols+1] = 0
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
		k, v := &panels{rows: keys, depth: d}, &panels{rows: d, depth: keys}
		need := []int{k.len(), v.len(), colTiles(queries) * tileCols * d, colTiles(queries) * tileCols * keys, queries * keys}
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
		packCols(buf[3], scores, queries, keys, keys)
		multiply(target{dst: n.out[h.query(from):], rowStride: 1, colStride: h.features}, v, 0, v.tiles(), buf[3], queries)
	})
}

func (n *node) attentionWeights() kernel {
	return n.heads(n.shape(0), n.shape(1), n.optional(2), func(h *head, worker, from, to int) {
		keys, d, queries := len(h.keys), h.d, to-from
		k := &panels{rows: keys, depth: d}
		need := []int{k.len(), colTiles(queries) * tileCols * d, queries * keys}
		buf := split(n.p.buffer(worker, sum(need)), need)
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
	packCols(packed, q[h.query(from):], to-from, h.d, h.features)
	multiply(target{dst: scores, rowStride: 1, colStride: keys}, k, 0, k.tiles(), packed, to-from)
	for i := range to - from {
		softmax(scores[i*keys:(i+1)*keys], h.scale)
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
