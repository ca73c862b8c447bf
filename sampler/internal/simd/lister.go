//go:build js

package simd

import (
	"fmt"
	"math"

	"github.com/roentgo/roentgo/internal/graph"
)

// Kinds of operations, in the order of enum kind in kernels.h.
const (
	kindLinear = iota
	kindConv
	kindWinogradInputs
	kindWinograd
	kindGroupNorm
	kindLayerNorm
	kindSiLU
	kindGELU
	kindAttention
	kindAttentionWeights
	kindEmbedding
	kindAdd
	kindMul
	kindCopy
	kindUpsample
	kindPool
	kindShuffle
	kindUnshuffle
	kindTimestep
	kindTranspose
	kindMeanTokens
)

// The numbers of kernels.h.
const (
	opWords  = 24
	argWords = opWords - 4
	tileRows = 4
	tileCols = 8
	depthMax = 256
	partMax  = 128
)

// How the work is cut into tasks.
const (
	taskValues    = 1 << 14 // of elementwise work
	taskPixels    = 64      // of a convolution
	taskRows      = 64      // of a linear layer
	taskOutputs   = 64      // of either, where there are few tasks otherwise
	fewTasks      = 16
	taskQueries   = 256
	taskGroups    = 16 // of Winograd's tiles
	taskChannels  = 8
	taskPanels    = 4
	largestInputs = 8 << 20 / 4 // values of Winograd's inputs at a time: what a cache may hold
	costUnit      = 1024        // floating-point operations
	valueCost     = 8           // of moving a value, in those
	transcendence = 30          // of an exponential
)

// lister makes the list of operations of a stage.
type lister struct {
	backend *Backend
	plan    *graph.Plan
	arena   uint32
	after   uint32 // what lies after the plan's arena
	words   []uint32
	nodes   []graph.Value // of each operation
	scratch int           // values that a task needs at most
	space   int           // values at the end of the arena that an operation leaves to the next
}

// op appends an operation on behalf of node v. flops is the work of all tasks,
// args the struct of the kind's arguments.
func (l *lister) op(v graph.Value, kind uint32, tasks, flops int, args any) {
	cost := min(max(flops/costUnit/tasks, 1), math.MaxInt32)
	l.words = append(l.words, kind, uint32(tasks), uint32(cost), 0)
	words := wordsOf(args)
	l.words = append(l.words, words...)
	l.words = append(l.words, make([]uint32, argWords-len(words))...)
	l.nodes = append(l.nodes, v)
}

// node is a node with the places of its operands and its result.
type node struct {
	*graph.Node
	l   *lister
	v   graph.Value
	in  []uint32
	out uint32
}

func (n *node) op(kind uint32, tasks, flops int, args any) {
	n.l.op(n.v, kind, tasks, flops, args)
}

// shape returns the dimensions of operand i.
func (n *node) shape(i int) []int { return n.l.plan.Nodes[n.In[i]].Shape }

// optional returns operand i, or 0 where the node has no such one.
func (n *node) optional(i int) uint32 {
	if i < len(n.in) {
		return n.in[i]
	}
	return 0
}

// at returns the place of a value, which may be a parameter.
func (l *lister) at(v graph.Value) (uint32, error) {
	root := l.plan.Root(v)
	if n := &l.plan.Nodes[root]; n.Op == graph.Param {
		return l.backend.plain(n)
	}
	return l.arena + uint32(4*l.plan.Offset[root]), nil
}

// operand returns the place of operand i of a node, packed where its kernel
// wants it so.
func (l *lister) operand(n *graph.Node, i int) (uint32, error) {
	if i == 1 {
		switch n.Op {
		case graph.Linear:
			return l.backend.packed(&l.plan.Nodes[n.In[1]], tileCols)
		case graph.Conv2d:
			return l.backend.packed(&l.plan.Nodes[n.In[1]], tileRows)
		}
	}
	return l.at(n.In[i])
}

// add appends the operations of a node.
func (l *lister) add(v graph.Value) error {
	n := &node{Node: &l.plan.Nodes[v], l: l, v: v}
	for i := range n.In {
		at, err := l.operand(n.Node, i)
		if err != nil {
			return err
		}
		n.in = append(n.in, at)
	}
	var err error
	if n.out, err = l.at(v); err != nil {
		return err
	}
	switch n.Op {
	case graph.Linear:
		n.linear()
	case graph.Conv2d:
		n.conv()
	case graph.GroupNorm:
		n.groupNorm()
	case graph.LayerNorm:
		n.layerNorm()
	case graph.SiLU:
		n.unary(kindSiLU)
	case graph.GELU:
		n.unary(kindGELU)
	case graph.Attention:
		n.attention(kindAttention, n.in[2], n.optional(3))
	case graph.AttentionWeights:
		n.attention(kindAttentionWeights, 0, n.optional(2))
	case graph.MeanTokens:
		n.meanTokens()
	case graph.Embedding:
		n.embedding()
	case graph.Add:
		n.broadcast(kindAdd)
	case graph.Mul:
		n.broadcast(kindMul)
	case graph.Concat:
		n.concat()
	case graph.Upsample2:
		n.planes(kindUpsample, 1)
	case graph.AvgPool2:
		n.planes(kindPool, 1)
	case graph.PixelShuffle:
		n.planes(kindShuffle, n.Factor)
	case graph.PixelUnshuffle:
		n.planes(kindUnshuffle, n.Factor)
	case graph.TimestepEmbedding:
		return n.timestep()
	case graph.Transpose:
		n.transpose()
	default:
		return fmt.Errorf("%w: operation %s is not one of this executor", graph.ErrProgram, n.Op)
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// padded is n, raised to a multiple.
func padded(n, of int) int { return ceilDiv(n, of) * of }

// need makes the scratch memory hold n values.
func (l *lister) need(n int) { l.scratch = max(l.scratch, n) }

func (n *node) linear() {
	w := n.shape(1)
	columns, depth := w[0], w[1]
	rows := n.Len() / columns
	part := columns
	if ceilDiv(rows, taskRows) < fewTasks {
		part = min(taskOutputs, columns)
	}
	n.l.need(taskRows * depthMax)
	n.op(kindLinear, ceilDiv(rows, taskRows)*ceilDiv(columns, part), 2*rows*depth*columns,
		linearArgs{x: n.in[0], weight: n.in[1], bias: n.optional(2), out: n.out,
			rows: rows, depth: depth, columns: columns, taskRows: taskRows, taskColumns: part})
}

func (n *node) conv() {
	in, size := n.shape(0), n.shape(1)[2]
	if size == 3 && n.Stride == 1 && n.Padding == 1 {
		// The larger tile saves more multiplications, and is worth the
		// transformation of the weights from 16 tiles an image on.
		switch least := min(in[2], in[3]); {
		case least >= 16:
			n.winograd(4)
			return
		case least >= 4:
			n.winograd(2)
			return
		}
	}
	pixels := n.Shape[0] * n.Shape[2] * n.Shape[3]
	part := n.Shape[1]
	if ceilDiv(pixels, taskPixels) < fewTasks {
		part = min(taskOutputs, part)
	}
	n.l.need(taskPixels * depthMax)
	n.op(kindConv, ceilDiv(pixels, taskPixels)*ceilDiv(n.Shape[1], part), 2*n.Len()*in[1]*size*size,
		convArgs{x: n.in[0], weight: n.in[1], bias: n.in[2], out: n.out,
			batch: in[0], channels: in[1], height: in[2], width: in[3], outputs: n.Shape[1], outHeight: n.Shape[2], outWidth: n.Shape[3],
			size: size, stride: n.Stride, padding: n.Padding, taskOutputs: part, taskPixels: taskPixels})
}

// winograd lists pairs of operations, each for as many tiles as the space for
// their inputs holds.
func (n *node) winograd(tile int) {
	in, outputs := n.shape(0), n.Shape[1]
	values := (tile + 2) * (tile + 2)
	tiles := in[0] * ceilDiv(in[2], tile) * ceilDiv(in[3], tile)
	most := max(largestInputs/(values*in[1]*tileCols)/taskGroups, 1) * taskGroups * tileCols
	n.l.need(values * (taskPanels*partMax*tileRows + taskPanels*taskGroups*tileRows*tileCols + 32))
	for first := 0; first < tiles; first += most {
		count := min(most, tiles-first)
		groups := ceilDiv(count, tileCols)
		n.l.space = max(n.l.space, values*(groups*in[1]*tileCols+16))
		args := winogradArgs{x: n.in[0], weight: n.in[1], bias: n.in[2], out: n.out, v: n.l.after,
			channels: in[1], height: in[2], width: in[3], outputs: outputs, tile: tile, first: first, count: count,
			taskGroups: taskGroups, taskChannels: taskChannels, taskPanels: taskPanels}
		n.op(kindWinogradInputs, ceilDiv(groups, taskGroups)*ceilDiv(in[1], taskChannels), 8*values*in[1]*count, args)
		n.op(kindWinograd, ceilDiv(groups, taskGroups)*ceilDiv(outputs, taskPanels*tileRows), 2*values*in[1]*groups*tileCols*outputs, args)
	}
}

func (n *node) groupNorm() {
	channels := n.Shape[1] / n.Groups
	cost := n.Len() * 4 * valueCost
	args := groupNormArgs{x: n.in[0], weight: n.in[1], bias: n.in[2], out: n.out,
		groups: n.Groups, channels: channels, pixels: n.Shape[2] * n.Shape[3], eps: float32(n.Eps)}
	if n.SiLU {
		cost += n.Len() * transcendence
		args.silu = 1
	}
	extra := len(n.Own())
	operand := func() (at place, stride int) {
		at = n.in[extra]
		if s := n.shape(extra); s[0] > 1 {
			stride = s[1]
		}
		extra++
		return at, stride
	}
	if n.Scaled {
		args.scale, args.scaleStride = operand()
	}
	if n.Shifted {
		args.shift, args.shiftStride = operand()
	}
	n.op(kindGroupNorm, n.Shape[0]*n.Groups, cost, args)
}

func (n *node) layerNorm() {
	features := n.Shape[len(n.Shape)-1]
	rows := n.Len() / features
	n.op(kindLayerNorm, ceilDiv(rows, taskRows), n.Len()*4*valueCost,
		layerNormArgs{x: n.in[0], weight: n.in[1], bias: n.in[2], out: n.out, rows: rows, features: features, taskRows: taskRows, eps: float32(n.Eps)})
}

func (n *node) unary(kind uint32) {
	n.op(kind, ceilDiv(n.Len(), taskValues), n.Len()*transcendence, unaryArgs{x: n.in[0], out: n.out, length: n.Len(), span: taskValues})
}

// attention is for both operations; values and mask are 0 where there are
// none.
func (n *node) attention(kind, values, mask uint32) {
	q, k := n.shape(0), n.shape(1)
	queries, keys, features := q[1], k[1], q[2]
	d := features / n.Heads
	padding := padded(keys, tileRows)
	n.l.need(padded(keys, 4) + padding*(d+padded(d, tileRows)+tileCols) + d*tileCols)
	n.op(kind, q[0]*n.Heads*ceilDiv(queries, taskQueries), q[0]*queries*keys*(4*features+n.Heads*transcendence),
		attentionArgs{q: n.in[0], k: n.in[1], v: values, mask: mask, out: n.out,
			queries: queries, keys: keys, features: features, heads: n.Heads, taskQueries: taskQueries})
}

func (n *node) meanTokens() {
	in := n.shape(0)
	n.op(kindMeanTokens, in[0], graph.Len(in)*valueCost,
		meanTokensArgs{x: n.in[0], mask: n.optional(1), out: n.out, tokens: in[1], features: in[2]})
}

func (n *node) embedding() {
	table, count := n.shape(0), n.Shape[0]*n.Shape[1]
	n.op(kindEmbedding, ceilDiv(count, taskRows), n.Len()*valueCost,
		embeddingArgs{table: n.in[0], ids: n.in[1], out: n.out, rows: table[0], features: table[1], count: count, taskIDs: taskRows})
}

// broadcast lists x + y or x·y, where y's dimensions are x's or 1. Axes that
// lie one after the other in both become one.
func (n *node) broadcast(kind uint32) {
	x, stride := graph.Rank4(n.shape(0)), graph.Repeated(graph.Rank4(n.shape(1)))
	sizes, steps := []int{1}, []int{0} // from the innermost axis out
	for i := 3; i >= 0; i-- {
		if x[i] == 1 {
			continue
		}
		last := len(sizes) - 1
		switch {
		case sizes[last] == 1:
			sizes[last], steps[last] = x[i], stride[i]
		case stride[i] == steps[last]*sizes[last]:
			sizes[last] *= x[i]
		default:
			sizes, steps = append(sizes, x[i]), append(steps, stride[i])
		}
	}
	for len(sizes) < 4 {
		sizes, steps = append(sizes, 1), append(steps, 0)
	}
	part := max(taskValues/sizes[0], 1)
	n.op(kind, sizes[3]*sizes[2]*ceilDiv(sizes[1], part), n.Len()*valueCost,
		binaryArgs{x: n.in[0], y: n.in[1], out: n.out, blocks: [2]int{sizes[3], sizes[2]}, inner: sizes[1], row: sizes[0],
			strides: [4]int{steps[3], steps[2], steps[1], steps[0]}, taskRows: part})
}

// concat lists a copy for each operand.
func (n *node) concat() {
	pixels := n.Shape[2] * n.Shape[3]
	out := n.out
	for i := range n.In {
		length := n.shape(i)[1] * pixels
		n.op(kindCopy, n.Shape[0]*ceilDiv(length, taskValues), n.Shape[0]*length*valueCost,
			copyArgs{x: n.in[i], out: out, length: length, xStride: length, outStride: n.Shape[1] * pixels, span: taskValues})
		out += uint32(4 * length)
	}
}

func (n *node) planes(kind uint32, factor int) {
	in := n.shape(0)
	n.op(kind, n.Shape[0]*n.Shape[1], n.Len()*valueCost,
		planesArgs{x: n.in[0], out: n.out, height: n.Shape[2], width: n.Shape[3], plane: in[2] * in[3], line: in[3], factor: factor})
}

// timestep puts the frequencies into the module's memory, in float64.
func (n *node) timestep() error {
	half := n.Shape[1] / 2
	b := n.l.backend
	at, err := b.resident(param{"", half}, 2*half, func(at uint32) error {
		words := make([]uint32, 0, 2*half)
		for i := range half {
			bits := math.Float64bits(math.Pow(10000, -float64(i)/float64(half)))
			words = append(words, uint32(bits), uint32(bits>>32))
		}
		write(b.memory, at, words)
		return nil
	})
	if err != nil {
		return err
	}
	n.op(kindTimestep, n.Shape[0], 40*n.Len(), timestepArgs{t: n.in[0], frequencies: at, out: n.out, half: half})
	return nil
}

func (n *node) transpose() {
	out, stride := graph.Rank4(n.Shape), graph.Transposed(n.shape(0), n.Axes)
	part := padded(max(taskValues/out[3], 1), 4)
	n.op(kindTranspose, out[0]*out[1]*ceilDiv(out[2], part), n.Len()*valueCost,
		transposeArgs{x: n.in[0], out: n.out, blocks: [2]int{out[0], out[1]}, height: out[2], width: out[3], strides: stride, taskRows: part})
}
