package gpu

import (
	"fmt"
	"math"
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

// job is a dispatch before there is a device buffer to bind: a shader, its
// Params, what it reads besides the arena, its workgroups, and, where they are
// many, its operations on numbers.
type job struct {
	shader     shaders.Source
	params     fields
	buffers    []Buffer
	workgroups [3]int
	work       float64
	scratch    bool // whether the field scratch is to be the place of the scratch memory
}

const (
	maxWorkgroups = 65535 // of a dimension
	maxRounds     = 65535 // of the loops of an invocation, where lavapipe stops
)

// lister turns nodes into jobs. Parameters that an operation expects in the
// arena get a place after the plan's.
type lister struct {
	backend   *Backend
	plan      *graph.Plan
	arena     int // values
	constants map[graph.Value]int
	scratch   int // values that an operation needs for itself at most
}

// at is the place of a value in the arena.
func (l *lister) at(v graph.Value) int {
	root := l.plan.Root(v)
	n := &l.plan.Nodes[root]
	if n.Op != graph.Param {
		return l.plan.Offset[root]
	}
	at, ok := l.constants[root]
	if !ok {
		at = l.arena
		l.constants[root] = at
		l.arena += (n.Len() + graph.Align - 1) / graph.Align * graph.Align
	}
	return at
}

// flat makes a job of n workgroups, folded into two dimensions.
func flat(s shaders.Source, n int, params fields, buffers ...Buffer) job {
	x := min(n, maxWorkgroups)
	return job{shader: s, params: params, buffers: buffers, workgroups: [3]int{x, ceil(n, x), 1}}
}

// each makes a job with one invocation per value.
func each(s shaders.Source, values int, params fields, buffers ...Buffer) job {
	return flat(s, ceil(values, shaders.Lanes), params, buffers...)
}

func (l *lister) jobs(v graph.Value) ([]job, error) {
	n := &l.plan.Nodes[v]
	in := func(i int) *graph.Node { return &l.plan.Nodes[n.In[i]] }
	y := l.at(v)
	if n.Op == graph.Embedding {
		table, err := l.backend.param(in(0)) // bound by itself, not copied into the arena
		return []job{each(shaders.Embedding, n.Len(), fields{"ids": l.at(n.In[1]), "y": y, "size": in(0).Shape[1], "count": n.Len()}, table)}, err
	}
	x := l.at(n.In[0])
	switch n.Op {
	case graph.Linear:
		return l.linear(n, x, y)
	case graph.Conv2d:
		return l.conv(n, x, y)
	case graph.GroupNorm:
		return l.groupNorm(n, x, y)
	case graph.LayerNorm:
		return l.layerNorm(n, x, y)
	case graph.SiLU:
		return []job{each(shaders.SiLU, n.Len(), fields{"x": x, "y": y, "count": n.Len()})}, nil
	case graph.GELU:
		return []job{each(shaders.GELU, n.Len(), fields{"x": x, "y": y, "count": n.Len()})}, nil
	case graph.Attention:
		return l.attention(n, shaders.Attend, n.In[2], n.In[3:], y)
	case graph.AttentionWeights:
		return l.attention(n, shaders.Weigh, n.In[1], n.In[2:], y)
	case graph.MeanTokens:
		s, mask, masked := in(0).Shape, 0, 0
		if len(n.In) > 1 {
			mask, masked = l.at(n.In[1]), 1
		}
		return []job{each(shaders.MeanTokens, n.Len(), fields{"x": x, "y": y, "mask": mask, "masked": masked, "tokens": s[1], "size": s[2], "count": n.Len()})}, rounds(n, s[1])
	case graph.Add:
		if slices.Equal(in(1).Shape, n.Shape) && n.Len()%4 == 0 {
			return []job{each(shaders.Add4, n.Len()/4, fields{"x": x / 4, "y": y / 4, "width": 0, "height": l.at(n.In[1]) / 4, "count": n.Len() / 4})}, nil
		}
		return []job{l.broadcast(n, shaders.Add, in(1).Shape, y)}, nil
	case graph.Mul:
		return []job{l.broadcast(n, shaders.Mul, in(1).Shape, y)}, nil
	case graph.Concat:
		return l.concat(n, y), nil
	case graph.AvgPool2:
		h, w := n.Shape[2], n.Shape[3]
		wide := in(0).Shape[3]
		return []job{each(shaders.AvgPool, n.Len(), fields{"x": x, "y": y, "width": w, "wide": wide, "pixels": h * w, "area": in(0).Shape[2] * wide, "count": n.Len()})}, nil
	case graph.TimestepEmbedding:
		half := n.Shape[1] / 2
		table, err := l.frequencies(half)
		return []job{each(shaders.Timestep, n.Len(), fields{"t": x, "y": y, "half": half, "count": n.Len()}, table)}, err
	case graph.Upsample2:
		if w := in(0).Shape[3]; w%4 == 0 {
			return []job{each(shaders.Upsample4, in(0).Len()/4, fields{"x": x / 4, "y": y / 4, "width": w / 4, "height": 0, "count": in(0).Len() / 4})}, nil
		}
		return []job{space(n, in(0).Shape).job(x, y)}, nil
	case graph.PixelShuffle, graph.PixelUnshuffle:
		return []job{space(n, in(0).Shape).job(x, y)}, nil
	case graph.Transpose:
		if s := in(0).Shape; len(s) == 3 && n.Axes[0]+n.Axes[1] == 3 && n.Axes[0] != 0 && n.Axes[1] != 0 && s[1]%4 == 0 && s[2]%4 == 0 {
			return []job{each(shaders.Transpose4, n.Len()/16, fields{"x": x / 4, "y": y / 4, "width": s[2] / 4, "height": s[1] / 4, "count": n.Len() / 16})}, nil
		}
		return []job{transpose(n, in(0).Shape).job(x, y)}, nil
	}
	return nil, fmt.Errorf("%w: operation %s is not one of this executor", graph.ErrProgram, n.Op)
}

// rounds refuses what would run an invocation's loops too long.
func rounds(n *graph.Node, count int) error {
	if count >= maxRounds {
		return fmt.Errorf("%w: %s of shape %v is too large for one shader", graph.ErrProgram, n.Op, n.Shape)
	}
	return nil
}

// weights returns the packed weight and the bias of a product.
func (l *lister) weights(n *graph.Node) (weight, bias Buffer, err error) {
	if weight, err = l.backend.packed(&l.plan.Nodes[n.In[1]]); err != nil || len(n.Own()) < 3 {
		return weight, weight, err // something must be bound
	}
	bias, err = l.backend.param(&l.plan.Nodes[n.In[2]])
	return weight, bias, err
}

// The bits of the field extras of a product's Params.
const (
	addChannel  = 1
	addResidual = 2
	addBias     = 4 // of product.wgsl and linear.wgsl, whose bias may be left out
)

// extras are what a convolution adds to its result: where what is
// added to each channel lies, how far its samples are apart, where the residual
// lies, and which of them there are. Places are those of values.
func (l *lister) extras(n *graph.Node) (channel, batch, residual, bits int) {
	rest := n.In[len(n.Own()):]
	if len(n.Own()) > 2 {
		bits = addBias
	}
	if n.PerChannel {
		channel, bits = l.at(rest[0]), bits|addChannel
		if s := l.plan.Nodes[rest[0]].Shape; s[0] > 1 {
			batch = s[1]
		}
		rest = rest[1:]
	}
	if n.Residual {
		residual, bits = l.at(rest[0]), bits|addResidual
	}
	return channel, batch, residual, bits
}

// product makes the job of product.wgsl.
func (l *lister) product(n *graph.Node, samples, positions int, params fields) ([]job, error) {
	w := &l.plan.Nodes[n.In[1]]
	if err := rounds(n, w.Len()/w.Shape[0]*5/4); err != nil { // the loops over a window's rows and columns add up to a quarter
		return nil, err
	}
	weight, bias, err := l.weights(n)
	if err != nil {
		return nil, err
	}
	params["channel"], params["channel_batch"], params["residual"], params["extras"] = l.extras(n)
	const perGroup = shaders.ProductLanes * shaders.ProductPositions
	return l.grid(n, job{shader: shaders.Product, params: params, buffers: []Buffer{weight, bias},
		workgroups: [3]int{ceil(positions, perGroup), ceil(w.Shape[0], shaders.ProductChannels), samples}})
}

// tiled makes a job of count invocations of a shader whose every invocation
// computes a tile.
func (l *lister) tiled(n *graph.Node, s shaders.Source, count int, params fields, buffers ...Buffer) ([]job, error) {
	return l.grid(n, flat(s, ceil(count, shaders.TileLanes), params, buffers...))
}

func (l *lister) linear(n *graph.Node, x, y int) ([]job, error) {
	w := l.plan.Nodes[n.In[1]].Shape
	outputs, channels := w[0], w[1]
	rows := n.Len() / outputs
	if channels%4 != 0 || outputs%shaders.LinearOutputs != 0 {
		return l.product(n, 1, rows, fields{"x": x, "y": y, "batch_in": 0, "batch_out": 0, "channel_in": 1, "channel_out": 1, "position_in": channels, "position_out": outputs, "channels": channels, "outputs": outputs, "height": 1, "width": rows, "width_out": rows, "positions": rows, "size": 1, "stride": 1, "padding": 0})
	}
	weight, bias, err := l.weights(n)
	if err != nil {
		return nil, err
	}
	_, _, residual, bits := l.extras(n)
	if l.backend.tilings.of(Linear).shared() {
		return l.grid(n, job{shader: shaders.LinearShared, params: fields{"x": x / 4, "y": y / 4, "inputs": channels / 4, "outputs": outputs / 4, "rows": rows, "residual": residual / 4, "extras": bits}, buffers: []Buffer{weight, bias},
			workgroups: [3]int{ceil(rows, shaders.SharedRows), ceil(outputs, shaders.SharedOutputs), 1}})
	}
	tiles := ceil(rows, shaders.LinearRows)
	count := tiles * outputs / shaders.LinearOutputs
	return l.tiled(n, shaders.Linear, count, fields{"x": x / 4, "y": y / 4, "inputs": channels / 4, "outputs": outputs / 4, "rows": rows, "tiles": tiles, "count": count, "residual": residual / 4, "extras": bits}, weight, bias)
}

func (l *lister) conv(n *graph.Node, x, y int) ([]job, error) {
	in, w := l.plan.Nodes[n.In[0]].Shape, l.plan.Nodes[n.In[1]].Shape
	if size := w[2]; (size == 1 || size == 3) && n.Stride == 1 && 2*n.Padding == size-1 && in[3]%4 == 0 {
		return l.convTiles(n, x, y, size)
	}
	area, positions := in[2]*in[3], n.Shape[2]*n.Shape[3]
	return l.product(n, n.Shape[0], positions, fields{"x": x, "y": y, "batch_in": in[1] * area, "batch_out": w[0] * positions,
		"channel_in": area, "channel_out": positions, "position_in": 1, "position_out": 1, "channels": in[1], "outputs": w[0], "height": in[2], "width": in[3],
		"width_out": n.Shape[3], "positions": positions, "size": w[2], "stride": n.Stride, "padding": n.Padding})
}

// convTiles makes the jobs of conv.wgsl or conv_shared.wgsl.
func (l *lister) convTiles(n *graph.Node, x, y, size int) ([]job, error) {
	in, outputs := l.plan.Nodes[n.In[0]].Shape, n.Shape[1]
	samples, channels, height, width := in[0], in[1], in[2], in[3]
	weight, bias, err := l.weights(n)
	if err != nil {
		return nil, err
	}
	channel, batch, residual, bits := l.extras(n)
	tiling := l.backend.tilings.of(convClass(size, height*width))
	part, parts := channels, 1
	split := func(invocations int) {
		if tiling.split() {
			part, parts = parted(channels, invocations)
		}
	}
	var list []job
	if tiling.shared() {
		gx, gy := ceil(samples*height*width, shaders.SharedPositions), ceil(outputs, shaders.SharedChannels)
		split(ceil(height*width, shaders.SharedPositions) * gy * shaders.Lanes)
		list, err = l.grid(n, job{shader: shaders.ConvShared, params: fields{"x": x / 4, "y": y / 4, "channels": channels, "outputs": outputs, "height": height, "width": width / 4,
			"samples": samples, "size": size, "channel": channel, "channel_batch": batch, "residual": residual / 4, "extras": bits, "part": part, "scratch": 0}, buffers: []Buffer{weight, bias}, workgroups: [3]int{gx, gy, parts}})
	} else {
		shader, tiles := shaders.Conv3, ceil(height, 4)*width/4
		if size == 1 {
			shader, tiles = shaders.Conv1, ceil(height*width, 16)
		}
		blocks := ceil(outputs, shaders.ProductChannels)
		split(tiles * blocks)
		count := tiles * samples * blocks
		list, err = l.tiled(n, shader, parts*count, fields{"x": x / 4, "y": y / 4, "channels": channels, "outputs": outputs, "height": height, "width": width / 4,
			"samples": samples, "tiles": tiles, "count": parts * count, "channel": channel, "channel_batch": batch, "residual": residual / 4, "extras": bits, "part": part, "scratch": 0}, weight, bias)
	}
	if err != nil || parts == 1 {
		return list, err
	}
	l.scratch = max(l.scratch, parts*n.Len())
	list[0].scratch = true
	sum := each(shaders.SumParts, n.Len()/4, fields{"scratch": 0, "y": y / 4, "parts": parts, "outputs": outputs, "area": height * width / 4, "count": n.Len() / 4, "channel": channel, "channel_batch": batch, "residual": residual / 4, "extras": bits}, bias)
	sum.scratch = true
	return append(list, sum), nil
}

const (
	// manyInvocations of a sample keep the lanes of a large GPU busy. Those of
	// other samples do not count, so that no image depends on the batch.
	manyInvocations = 4096
	// leastPart is how many channels a part has at least, and a multiple of:
	// fewer, and writing and adding up the parts costs more than the rest.
	leastPart = 16
)

// parted returns how many of a convolution's channels an invocation sums, and
// how many such parts there are, where a sample has that many invocations if
// each sums all.
func parted(channels, invocations int) (part, parts int) {
	parts = min(ceil(manyInvocations, invocations), max(channels/leastPart, 1))
	part = min(ceil(ceil(channels, parts), leastPart)*leastPart, channels)
	return part, ceil(channels, part)
}

// ceil is a/b, rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

func (l *lister) groupNorm(n *graph.Node, x, y int) ([]job, error) {
	channels, pixels, count := n.Shape[1]/n.Groups, n.Shape[2]*n.Shape[3], n.Shape[0]*n.Groups
	silu := 0
	if n.SiLU {
		silu = 1
	}
	p := fields{"x": x, "y": y, "groups": n.Groups, "channels": channels, "count": count, "eps": float32(n.Eps), "silu": silu}
	l.adapt(n, p)
	if pixels%4 == 0 {
		p["x"], p["y"], p["size"] = x/4, y/4, pixels/4
		return l.norm(n, flat(shaders.GroupNorm4, count, p), channels*pixels/4/shaders.Lanes)
	}
	p["pixels"] = pixels
	return l.norm(n, flat(shaders.GroupNorm, count, p), channels*(pixels/shaders.Lanes+1))
}

// adapt puts into Params what a GroupNorm is scaled and shifted by.
func (l *lister) adapt(n *graph.Node, p fields) {
	rest, bits := n.In[len(n.Own()):], 0
	for i, by := range []struct {
		name string
		has  bool
	}{{"scale", n.Scaled}, {"shift", n.Shifted}} {
		p[by.name], p[by.name+"_batch"] = 0, 0
		if !by.has {
			continue
		}
		bits |= 1 << i
		p[by.name] = l.at(rest[0])
		if s := l.plan.Nodes[rest[0]].Shape; s[0] > 1 {
			p[by.name+"_batch"] = s[1]
		}
		rest = rest[1:]
	}
	p["adapt"] = bits
}

func (l *lister) layerNorm(n *graph.Node, x, y int) ([]job, error) {
	size := n.Shape[len(n.Shape)-1]
	count := n.Len() / size
	if size%4 == 0 {
		p := fields{"x": x / 4, "y": y / 4, "groups": 0, "channels": 0, "size": size / 4, "count": count, "eps": float32(n.Eps), "silu": 0,
			"adapt": 0, "scale": 0, "scale_batch": 0, "shift": 0, "shift_batch": 0}
		return l.norm(n, flat(shaders.LayerNorm4, ceil(count, shaders.TileLanes), p), size/4)
	}
	p := fields{"x": x, "y": y, "size": size, "count": count, "eps": float32(n.Eps)}
	return l.norm(n, flat(shaders.LayerNorm, count, p), size/shaders.Lanes)
}

// norm binds weight and bias to the job of a norm, whose invocations go three
// times over as many values.
func (l *lister) norm(n *graph.Node, j job, values int) ([]job, error) {
	if err := rounds(n, 3*(values+8)); err != nil {
		return nil, err
	}
	weight, err := l.backend.param(&l.plan.Nodes[n.In[1]])
	if err != nil {
		return nil, err
	}
	bias, err := l.backend.param(&l.plan.Nodes[n.In[2]])
	j.buffers = []Buffer{weight, bias}
	return []job{j}, err
}

func (l *lister) attention(n *graph.Node, s shaders.Source, v graph.Value, mask []graph.Value, y int) ([]job, error) {
	q, k := l.plan.Nodes[n.In[0]].Shape, l.plan.Nodes[n.In[1]].Shape
	size := q[2] / n.Heads
	if err := rounds(n, (k[1]/shaders.AttentionTile+1)*(size/2+2)+k[1]); err != nil {
		return nil, err
	}
	at, masked := 0, 0
	if len(mask) > 0 {
		at, masked = l.at(mask[0]), 1
	}
	if s == shaders.Attend && size%4 == 0 {
		p := fields{"q": l.at(n.In[0]) / 4, "k": l.at(n.In[1]) / 4, "v": l.at(v) / 4, "mask": at, "y": y / 4, "masked": masked,
			"queries": q[1], "keys": k[1], "heads": n.Heads, "scale": float32(math.Log2E / math.Sqrt(float64(size)))}
		if size <= 4*shaders.MostHeadShared && l.backend.tilings.of(attentionClass(size)).shared() {
			return l.grid(n, job{shader: shaders.AttendShared(size / 4), params: p, workgroups: [3]int{ceil(q[1], shaders.SharedQueries), n.Heads, q[0]}})
		}
		tiles := ceil(q[1], shaders.AttendQueries)
		count := tiles * n.Heads * q[0]
		shader := shaders.AttendLong
		if size <= 4*shaders.MostHeadShort {
			shader = shaders.AttendShort(size / 4)
		}
		p["tiles"], p["count"], p["size"] = tiles, count, size/4
		return l.tiled(n, shader, count, p)
	}
	p := fields{"q": l.at(n.In[0]), "k": l.at(n.In[1]), "v": l.at(v), "mask": at, "y": y, "masked": masked,
		"queries": q[1], "keys": k[1], "heads": n.Heads, "size": size, "scale": float32(1 / math.Sqrt(float64(size)))}
	return l.grid(n, job{shader: s, params: p, workgroups: [3]int{ceil(q[1], shaders.AttentionLanes), n.Heads, q[0]}})
}

// grid checks a job of three dimensions.
func (l *lister) grid(n *graph.Node, j job) ([]job, error) {
	if slices.Max(j.workgroups[:]) > maxWorkgroups {
		return nil, fmt.Errorf("%w: %s of shape %v needs more workgroups than a device has", graph.ErrProgram, n.Op, n.Shape)
	}
	return []job{j}, nil
}

// frequencies is the table 10000^(−i/half) of timestep.wgsl.
func (l *lister) frequencies(half int) (Buffer, error) {
	return l.backend.resident(fmt.Sprintf("timestep frequencies %d", half), func() ([]float32, error) {
		f := make([]float32, half)
		for i := range f {
			f[i] = float32(math.Pow(10000, -float64(i)/float64(half)))
		}
		return f, nil
	})
}

func (l *lister) broadcast(n *graph.Node, s shaders.Source, other []int, y int) job {
	shape, stride := graph.Rank4(n.Shape), graph.Repeated(graph.Rank4(other))
	return each(s, n.Len(), fields{"shape": shape[:], "stride": stride[:], "x": l.at(n.In[0]), "y": l.at(n.In[1]), "z": y, "count": n.Len()})
}

// gather is a copy of a block of values, by its six axes.
type gather struct {
	shape, from, to [6]int
}

func (g gather) job(x, y int) job {
	count := graph.Len(g.shape[:])
	return each(shaders.Gather, count, fields{"shape": g.shape[:4], "source": g.from[:4], "to": g.to[:4],
		"inner": []int{g.shape[4], g.shape[5], g.from[4], g.from[5]}, "inner_to": g.to[4:], "x": x, "y": y, "count": count})
}

func (l *lister) concat(n *graph.Node, y int) []job {
	var list []job
	whole := n.Len() / n.Shape[0]
	for _, in := range n.In {
		part := l.plan.Nodes[in].Len() / n.Shape[0]
		if part%4 == 0 && y%4 == 0 && whole%4 == 0 {
			list = append(list, each(shaders.Join4, n.Shape[0]*part/4, fields{"x": l.at(in) / 4, "y": y / 4, "width": part / 4, "height": whole / 4, "count": n.Shape[0] * part / 4}))
			y += part
			continue
		}
		g := gather{shape: [6]int{1, 1, 1, n.Shape[0], 1, part}, from: [6]int{0, 0, 0, part, 0, 1}, to: [6]int{0, 0, 0, whole, 0, 1}}
		list = append(list, g.job(l.at(in), y))
		y += part
	}
	return list
}

func transpose(n *graph.Node, shape []int) gather {
	out := graph.Rank4(n.Shape)
	from, to := graph.Transposed(shape, n.Axes), graph.Strides(out)
	g := gather{shape: [6]int{1, 1}}
	copy(g.shape[2:], out[:])
	copy(g.from[2:], from[:])
	copy(g.to[2:], to[:])
	return g
}

// space is what PixelShuffle, its inverse and Upsample2 have in common: axes
// sample, channel, row, row within a square, column, column within a square.
func space(n *graph.Node, in []int) gather {
	small, large := in, n.Shape // the sides with and without squares put together
	f := n.Factor
	switch n.Op {
	case graph.PixelUnshuffle:
		small, large = n.Shape, in
	case graph.Upsample2:
		f = 2
	}
	h, w := small[2], small[3]
	channels := large[1]
	squares := [6]int{channels * h * f * w * f, h * f * w * f, f * w * f, w * f, f, 1}
	apart := [6]int{channels * f * f * h * w, f * f * h * w, w, f * h * w, 1, h * w}
	g := gather{shape: [6]int{in[0], channels, h, f, w, f}, from: apart, to: squares}
	switch n.Op {
	case graph.PixelUnshuffle:
		g.from, g.to = squares, apart
	case graph.Upsample2:
		g.from = [6]int{channels * h * w, h * w, w, 0, 1, 0}
	}
	return g
}
