package graph

import "slices"

// ChannelsLast rewrites a plan for an executor that keeps images with their
// channels innermost, and fuses what such an executor can do at once.
//
// Images, which are (B, C, H, W) everywhere else, have the shape (B, H, W, C)
// in the result, in memory as in Shape; parameters, inputs and outputs stay as
// they are. Attention works on (B, H·W, C), so that its transpositions become
// views. A convolution reads its operand with a border of zeros as wide as its
// padding. See [Fused] for the rest.
func (p *Plan) ChannelsLast() (*Plan, error) {
	from := &Graph{Nodes: p.Nodes, Outputs: p.outputs()}
	l := &layouts{from: from.Nodes, first: map[Value]Value{}, last: map[Value]Value{}}
	needed := from.needed()
	for i, n := range from.Nodes {
		if needed[i] || n.Op == Input {
			l.rewrite(Value(i), n)
		}
	}
	for _, o := range from.Outputs {
		l.to.Outputs = append(l.to.Outputs, Output{o.Name, l.asFirst(o.Value)})
	}
	return l.to.fuse(3, everything).Plan()
}

// layouts rewrites a graph. A value (B, C, …) of three or four dimensions
// can be had in two forms: as it is, channels first, or (B, …, C), channels
// last. A form is made when it is first asked for.
type layouts struct {
	from        []Node
	to          Graph
	first, last map[Value]Value // the forms that to has of values of from
}

// rewrite adds node v of the old graph to the new one.
func (l *layouts) rewrite(v Value, n Node) {
	switch n.Op {
	case Conv2d, GroupNorm, Upsample2, AvgPool2, PixelShuffle, PixelUnshuffle, Concat:
		l.image(v, n)
	case SiLU, GELU, Add, Mul:
		if l.anyLast(n.In) {
			l.image(v, n)
		} else {
			l.plain(v, n)
		}
	case Reshape:
		l.reshape(v, n)
	case Transpose:
		l.transpose(v, n)
	default:
		l.plain(v, n)
	}
}

// add appends a node to the new graph.
func (l *layouts) add(n Node, in ...Value) Value {
	n.In = in
	for _, v := range in {
		n.Rate |= l.to.Nodes[v].Rate
	}
	l.to.Nodes = append(l.to.Nodes, n)
	return Value(len(l.to.Nodes) - 1)
}

// plain is a node whose operands and result are channels first.
func (l *layouts) plain(v Value, n Node) {
	var in []Value
	for _, x := range n.In {
		in = append(in, l.asFirst(x))
	}
	l.first[v] = l.add(n, in...)
}

// image is a node whose operands and result are channels last, but for
// parameters that are no images.
func (l *layouts) image(v Value, n Node) {
	var in []Value
	for i, x := range n.In {
		if i > 0 && (n.Op == Conv2d || n.Op == GroupNorm) {
			in = append(in, l.asFirst(x))
		} else {
			in = append(in, l.asLast(x))
		}
	}
	n.Shape = channelsLast(n.Shape)
	if n.Op == Conv2d && n.Padding > 0 {
		in[0] = l.add(Node{Op: Pad, Shape: l.to.Nodes[in[0]].Shape, Fused: Fused{Border: n.Padding}}, in[0])
	}
	l.last[v] = l.add(n, in...)
}

// reshape keeps the channels last where they stay what they are.
func (l *layouts) reshape(v Value, n Node) {
	x := n.In[0]
	from, to := l.from[x].Shape, n.Shape
	if last, ok := l.last[x]; ok && len(to) >= 3 && slices.Equal(from[:2], to[:2]) {
		l.last[v] = l.view(last, channelsLast(to))
		return
	}
	l.first[v] = l.view(l.asFirst(x), to)
}

// transpose is a view where it takes (B, C, N) from one form to the other.
func (l *layouts) transpose(v Value, n Node) {
	x := n.In[0]
	if len(n.Shape) == 3 && n.Axes != [2]int{0, 1} && n.Axes[0]+n.Axes[1] == 3 {
		if last, ok := l.last[x]; ok {
			l.first[v] = last
		} else {
			l.last[v] = l.first[x]
		}
		return
	}
	l.plain(v, n)
}

func (l *layouts) anyLast(values []Value) bool {
	return slices.ContainsFunc(values, func(v Value) bool { _, ok := l.last[v]; return ok })
}

// view is x in another shape of as many values.
func (l *layouts) view(x Value, shape []int) Value {
	if slices.Equal(l.to.Nodes[x].Shape, shape) {
		return x
	}
	return l.add(Node{Op: Reshape, Shape: shape}, x)
}

// asFirst returns a value of the old graph channels first.
func (l *layouts) asFirst(v Value) Value {
	if x, ok := l.first[v]; ok {
		return x
	}
	s := l.from[v].Shape
	flat := l.view(l.last[v], []int{s[0], Len(s[2:]), s[1]})
	l.first[v] = l.view(l.swap(flat), s)
	return l.first[v]
}

// asLast returns a value of the old graph channels last.
func (l *layouts) asLast(v Value) Value {
	if x, ok := l.last[v]; ok {
		return x
	}
	s := l.from[v].Shape
	flat := l.view(l.first[v], []int{s[0], s[1], Len(s[2:])})
	l.last[v] = l.view(l.swap(flat), channelsLast(s))
	return l.last[v]
}

// swap exchanges the last two axes of x; a view where one of them is 1.
func (l *layouts) swap(x Value) Value {
	s := l.to.Nodes[x].Shape
	swapped := []int{s[0], s[2], s[1]}
	if s[1] == 1 || s[2] == 1 {
		return l.view(x, swapped)
	}
	return l.add(Node{Op: Transpose, Shape: swapped, Axes: [2]int{1, 2}}, x)
}

// channelsLast moves the second dimension after the others.
func channelsLast(s []int) []int {
	return append(append([]int{s[0]}, s[2:]...), s[1])
}
