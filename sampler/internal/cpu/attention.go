package cpu

import "math"

// queryBlock is how many queries of a head one task works on: their scores
// stay in the second level of the cache.
const queryBlock = 48

// attention is softmax(q·kᵀ/√d)·v. Keys are packed once per head, of values that
// do not lie in whole tiles too; then blocks of queries take two products each.
// Keys that the mask hides are left out, so that padding changes no bit.
func (n *node) attention() kernel {
	h := n.heads(n.optional(3))
	v := n.in[2]
	whole := h.headSize%(n.p.rows/2) == 0 && n.p.half != nil
	per := raised(h.headSize, n.p.rows) * h.keyCount
	var packedValues []float32
	direct := func(b int) bool { return whole && len(h.attended[b]) == h.keyCount }
	values := func(b, head int) panels {
		keys := len(h.attended[b])
		if direct(b) {
			return panels{height: h.headSize, depth: keys, tile: n.p.rows, stride: h.features, data: v[(b*h.keyCount)*h.features+head*h.headSize:]}
		}
		return packed(n.p.rows, h.headSize, keys, packedValues[(b*n.Heads+head)*per:][:per])
	}
	if !whole || h.mask != nil {
		packedValues = make([]float32, len(h.attended)*n.Heads*per)
	}
	offsets, every := n.p.evenly(queryBlock, h.padded), blocks([]segment{{0, h.keyCount}})
	return h.kernel(func(b, head int) {
		if direct(b) {
			return
		}
		w := values(b, head)
		for i, key := range h.attended[b] {
			from := v[(b*h.keyCount+key)*h.features+head*h.headSize:][:h.headSize]
			for r := 0; r < h.headSize; r += n.p.rows {
				copy(w.data[r/n.p.rows*w.tile+i*n.p.rows:][:n.p.rows], from[r:])
			}
		}
	}, func(b, head, from, to int, scores, weights, edge []float32) {
		w := values(b, head)
		segments := every
		if w.depth < h.keyCount {
			segments = blocks([]segment{{0, w.depth}})
		}
		m := matmul{left: w, right: scores, offsets: offsets, segments: segments, out: n.out[h.query(b, head, from):], outStride: h.features}
		for tile := 0; tile*n.p.rows < h.headSize; tile++ {
			n.p.tile(&m, tile, 0, to-from, edge)
		}
		for i, f := range weights {
			row := m.out[i*h.features:][:h.headSize]
			for j := range row {
				row[j] *= f
			}
		}
	})
}

func (n *node) attentionWeights() kernel {
	h := n.heads(n.optional(2))
	return h.kernel(func(int, int) {}, func(b, head, from, to int, scores, weights, _ []float32) {
		for q := from; q < to; q++ {
			row := n.out[((b*n.Heads+head)*h.queries+q)*h.keyCount:][:h.keyCount]
			clear(row)
			for i, key := range h.attended[b] {
				row[key] = scores[(q-from)*h.padded+i] * weights[q-from]
			}
		}
	})
}

// heads is what both kinds of attention have in common.
type heads struct {
	*node
	mask               []float32 // or nil
	headSize, features int       // values of a head, of all heads
	queries, keyCount  int       // of a sample
	padded             int       // keys, raised to whole tiles
	attended           [][]int   // the keys that the mask shows, a sample
	packedKeys         []float32 // per sample and head
	offsets            []int32   // of a block of queries
	segments           []segment // of a query
}

func (n *node) heads(mask []float32) *heads {
	q, k := n.shape(0), n.shape(1)
	h := &heads{node: n, mask: mask, headSize: q[2] / n.Heads, features: q[2], queries: q[1], keyCount: k[1], attended: make([][]int, q[0])}
	h.padded = raised(raised(h.keyCount, n.p.rows), lanes)
	h.packedKeys = make([]float32, q[0]*n.Heads*h.padded*h.headSize)
	h.offsets, h.segments = n.p.evenly(queryBlock, h.features), blocks([]segment{{0, h.headSize}})
	return h
}

func (h *heads) query(b, head, i int) int { return (b*h.queries+i)*h.features + head*h.headSize }

// kernel calls prepare for every head of every sample, and then f for every
// block of queries with the exponentials of their scores, one row of padded
// values per query, and the reciprocals of their sums.
func (h *heads) kernel(prepare func(b, head int), f func(b, head, from, to int, scores, weights, edge []float32)) kernel {
	blocks := (h.queries + queryBlock - 1) / queryBlock
	return always(func() {
		for b := range h.attended {
			h.attended[b] = h.attended[b][:0]
			for m := range h.keyCount {
				if h.mask == nil || h.mask[b*h.keyCount+m] != 0 {
					h.attended[b] = append(h.attended[b], m)
				}
			}
		}
		h.p.each(len(h.attended)*h.Heads, func(_, i int) {
			h.pack(i/h.Heads, i%h.Heads)
			prepare(i/h.Heads, i%h.Heads)
		})
		h.p.each(len(h.attended)*h.Heads*blocks, func(worker, i int) {
			block, head, b := i%blocks, i/blocks%h.Heads, i/blocks/h.Heads
			from, to := block*queryBlock, min((block+1)*queryBlock, h.queries)
			edge, buf := h.p.scratch(worker, queryBlock+queryBlock*h.padded)
			weights, scores := buf[:to-from], buf[queryBlock:]
			h.scores(b, head, from, to, scores, weights)
			f(b, head, from, to, scores, weights, edge)
		})
	})
}

// panels returns where the keys of a head are packed.
func (h *heads) panels(b, head int) panels {
	n := h.padded * h.headSize
	return packed(h.p.rows, h.padded, h.headSize, h.packedKeys[(b*h.Heads+head)*n:][:n])
}

func (h *heads) pack(b, head int) {
	w := h.panels(b, head)
	clear(w.data)
	for i, key := range h.attended[b] {
		w.setRow(i, h.in[1][(b*h.keyCount+key)*h.features+head*h.headSize:], 1)
	}
}

// scores computes the exponentials of q·kᵀ/√d of the queries [from, to), and
// weights that make softmax of them.
func (h *heads) scores(b, head, from, to int, scores, weights []float32) {
	keys := len(h.attended[b])
	whole := raised(raised(keys, h.p.rows), lanes)
	m := matmul{left: h.panels(b, head), right: h.in[0][h.query(b, head, from):], offsets: h.offsets,
		segments: h.segments, out: scores, outStride: h.padded}
	for tile := 0; tile*h.p.rows < whole; tile++ {
		h.p.tile(&m, tile, 0, to-from, nil)
	}
	scale := float32(1 / math.Sqrt(float64(h.headSize)))
	for i := range weights {
		row := scores[i*h.padded:][:whole]
		for j := keys; j < whole; j++ {
			row[j] = float32(math.Inf(-1))
		}
		weights[i] = float32(1 / h.p.exponentials(row, scale))
	}
}
