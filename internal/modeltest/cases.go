// Package modeltest holds the cases that every executor of the networks must
// pass: each operation over edge shapes and whole networks, against a float64
// reference. Executors run them from their own tests.
package modeltest

import (
	"fmt"
	"strings"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/random"
	"github.com/roentgo/roentgo/sampler/model"
)

// Input is a value that a case is fed with.
type Input struct {
	Name   string
	Rate   graph.Rate
	Shape  []int
	Values []float32
}

// Case is one computation on an executor's tensors T. Its parameters are those
// of [Random].
type Case[T any] struct {
	Name   string
	Inputs []Input
	Build  func(ops model.Ops[T], in []T) T
	// Tolerance is the largest error of a value, in parts of the range of all
	// values. A sum of n products in float32 errs by about √n·2⁻²⁴ of its
	// terms' size; 1e-5 is what a network of some fifty layers leaves room
	// for, 2e-6 what one operation does.
	Tolerance float64
}

const (
	opTolerance      = 2e-6
	networkTolerance = 1e-5
)

// Values returns the parameter of that name and shape: always the same, of the
// size that training would begin with.
func Values(name string, shape ...int) []float32 { return random.Values(name, shape...) }

// Random is a graph.Source of the parameters of [Values].
type Random map[string][]int // shapes by name

// RandomFor makes the source of a graph's parameters.
func RandomFor(specs []graph.Spec) Random {
	r := Random{}
	for _, s := range specs {
		r[s.Name] = s.Shape
	}
	return r
}

// Float32 implements graph.Source.
func (r Random) Float32(name string) ([]float32, error) {
	shape, ok := r[name]
	if !ok {
		return nil, fmt.Errorf("modeltest: no parameter %q", name)
	}
	return Values(name, shape...), nil
}

// Normal is an input of standard Gaussian values.
func Normal(name string, shape ...int) Input {
	v := Values(name+".null", shape...)
	return Input{name, graph.PerLatent, shape, v}
}

func scaled(in Input, f, offset float32) Input {
	for i := range in.Values {
		in.Values[i] = in.Values[i]*f + offset
	}
	return in
}

// maskOf is an input that attends to the keys where pattern has a 1.
func maskOf(patterns ...string) Input {
	in := Input{"mask", graph.PerPrompt, []int{len(patterns), len(patterns[0])}, nil}
	for _, p := range patterns {
		for _, c := range p {
			in.Values = append(in.Values, float32(c-'0'))
		}
	}
	return in
}

func given(name string, shape []int, values ...float32) Input {
	return Input{name, graph.PerLatent, shape, values}
}

// Ops returns cases of every operation.
func Ops[T any]() []Case[T] {
	var list []Case[T]
	add := func(name string, tolerance float64, build func(o model.Ops[T], in []T) T, inputs ...Input) {
		list = append(list, Case[T]{name, inputs, build, tolerance})
	}
	type ops = model.Ops[T]
	for _, s := range [][]int{{1, 1, 1}, {3, 5, 9}, {1, 7, 64}, {2, 33, 17}, {17, 257, 65}, {130, 64, 96}} {
		rows, in, out := s[0], s[1], s[2]
		add(fmt.Sprint("Linear ", s), opTolerance, func(o ops, x []T) T {
			return o.Linear(x[0], o.Param("w.weight", out, in), o.Param("b.bias", out))
		}, Normal("x", 1, rows, in))
	}
	add("Linear without bias", opTolerance, func(o ops, x []T) T {
		return o.Linear(x[0], o.Param("w.weight", 3, 5))
	}, Normal("x", 3, 1, 2, 5))
	add("Linear of one dimension", opTolerance, func(o ops, x []T) T {
		return o.Linear(x[0], o.Param("w.weight", 3, 5), o.Param("b.bias", 3))
	}, Normal("x", 5))
	for _, c := range []struct{ batch, in, out, height, width, size, stride, padding int }{
		{1, 1, 1, 1, 1, 3, 1, 1},
		{1, 1, 1, 1, 1, 1, 1, 0},
		{3, 2, 5, 7, 9, 3, 1, 1},
		{2, 4, 3, 8, 8, 3, 2, 1},
		{1, 4, 3, 7, 5, 3, 2, 1},
		{2, 5, 7, 6, 5, 1, 1, 0},
		{1, 3, 33, 5, 5, 3, 1, 0},
		{1, 3, 2, 6, 6, 1, 2, 0},
		{1, 64, 40, 16, 16, 3, 1, 1},
		{3, 96, 130, 4, 4, 3, 1, 1},
		{2, 70, 64, 2, 2, 3, 2, 1},
		{1, 32, 8, 33, 31, 3, 1, 1},
		{1, 1, 4, 9, 9, 5, 1, 2},
		{2, 8, 64, 32, 32, 1, 1, 0},
	} {
		add(fmt.Sprint("Conv2d ", c), opTolerance, func(o ops, x []T) T {
			return o.Conv2d(x[0], o.Param("w.weight", c.out, c.in, c.size, c.size), o.Param("b.bias", c.out), c.stride, c.padding)
		}, Normal("x", c.batch, c.in, c.height, c.width))
	}
	for _, s := range [][]int{{1, 128, 1, 1}, {3, 64, 5, 3}, {2, 32, 16, 16}, {1, 96, 2, 2}, {1, 32, 65, 63}} {
		add(fmt.Sprint("GroupNorm ", s), opTolerance, func(o ops, x []T) T {
			return o.GroupNorm(x[0], o.Param("n.weight", s[1]), o.Param("n.bias", s[1]), 32, 1e-5)
		}, Normal("x", s...))
	}
	for _, c := range [][][]int{
		{{1, 64, 4, 4}, {1, 64, 1, 1}}, {{3, 64, 5, 3}, {3, 64, 1, 1}}, {{3, 32, 8, 8}, {1, 32, 1, 1}}, {{2, 96, 2, 2}, {2, 96, 1, 1}}, {{2, 32, 33, 31}, {2, 32, 1, 1}},
	} {
		adapted := func(o ops, x []T, scale, shift bool) T {
			y := o.GroupNorm(x[0], o.Param("n.weight", c[0][1]), o.Param("n.bias", c[0][1]), 32, 1e-5)
			if scale {
				y = o.Mul(y, o.SiLU(x[1]))
			}
			if shift {
				y = o.Add(y, o.SiLU(x[2]))
			}
			return y
		}
		inputs := []Input{Normal("x", c[0]...), Normal("scale", c[1]...), Normal("shift", c[1]...)}
		add(fmt.Sprint("GroupNorm scaled and shifted, SiLU ", c), opTolerance, func(o ops, x []T) T { return o.SiLU(adapted(o, x, true, true)) }, inputs...)
		add(fmt.Sprint("GroupNorm scaled and shifted ", c), opTolerance, func(o ops, x []T) T { return adapted(o, x, true, true) }, inputs...)
		add(fmt.Sprint("GroupNorm scaled ", c), opTolerance, func(o ops, x []T) T { return adapted(o, x, true, false) }, inputs[:2]...)
		add(fmt.Sprint("GroupNorm shifted ", c), opTolerance, func(o ops, x []T) T { return adapted(o, x, false, true) }, inputs...)
	}
	// float32 keeps the distances of such values from their mean to some 5e-5.
	add("GroupNorm far from zero", 1e-4, func(o ops, x []T) T {
		return o.GroupNorm(x[0], o.Param("n.weight", 32), o.Param("n.bias", 32), 8, 1e-5)
	}, scaled(Normal("x", 2, 32, 8, 8), 1, 1000))
	for _, s := range [][]int{{1, 1, 3}, {3, 5, 32}, {2, 7, 257}, {1, 2, 1024}} {
		add(fmt.Sprint("LayerNorm ", s), opTolerance, func(o ops, x []T) T {
			return o.LayerNorm(x[0], o.Param("n.weight", s[2]), o.Param("n.bias", s[2]), 1e-12)
		}, Normal("x", s...))
	}
	add("SiLU", opTolerance, func(o ops, x []T) T { return o.SiLU(x[0]) }, scaled(Normal("x", 2, 3, 5, 7), 5, 0))
	add("SiLU at the ends", opTolerance, func(o ops, x []T) T { return o.SiLU(x[0]) },
		given("x", []int{10}, 0, -0.001, 1, -1, 20, -20, 87, -88, 100, -200))
	add("SiLU long", opTolerance, func(o ops, x []T) T { return o.SiLU(x[0]) }, Normal("x", 3, 70001))
	add("GELU", opTolerance, func(o ops, x []T) T { return o.GELU(x[0]) }, scaled(Normal("x", 1, 9, 33), 2, 0))
	add("GELU at the ends", opTolerance, func(o ops, x []T) T { return o.GELU(x[0]) },
		given("x", []int{9}, 0, -0.001, 1, -1, 4, -4, 20, -20, 100))
	for _, c := range []struct {
		batch, queries, keys, features, heads int
		mask                                  []string
	}{
		{1, 1, 1, 1, 1, nil},
		{2, 5, 7, 12, 3, nil},
		{3, 64, 64, 32, 2, nil},
		{1, 130, 67, 64, 1, nil},
		{2, 9, 1, 32, 4, nil},
		{2, 4, 6, 32, 4, []string{"111100", "111111"}},
		{3, 70, 8, 24, 3, []string{"10101101", "00000001", "01111111"}},
		{2, 16, 4, 128, 1, []string{"1000", "1100"}},
		{1, 33, 300, 16, 2, nil},
	} {
		inputs := []Input{Normal("q", c.batch, c.queries, c.features), Normal("k", c.batch, c.keys, c.features), Normal("v", c.batch, c.keys, c.features)}
		if c.mask != nil {
			inputs = append(inputs, maskOf(c.mask...))
		}
		add(fmt.Sprint("Attention ", c), opTolerance, func(o ops, x []T) T {
			return o.Attention(x[0], x[1], x[2], c.heads, x[3:]...)
		}, inputs...)
		add(fmt.Sprint("AttentionWeights ", c), opTolerance, func(o ops, x []T) T {
			return o.AttentionWeights(x[0], x[1], c.heads, x[2:]...)
		}, append(inputs[:2:2], inputs[3:]...)...)
	}
	// Scores of some hundreds are differences of large numbers: 1e-4 of one
	// is an error of e^1e-4.
	add("Attention with large scores", 1e-4, func(o ops, x []T) T {
		return o.Attention(x[0], x[1], x[2], 1)
	}, scaled(Normal("q", 1, 8, 16), 30, 0), scaled(Normal("k", 1, 9, 16), 30, 0), Normal("v", 1, 9, 16))
	for _, c := range []struct {
		shape []int
		mask  []string
	}{
		{[]int{1, 1, 1}, nil}, {[]int{2, 7, 12}, nil}, {[]int{3, 5, 257}, nil}, {[]int{2, 128, 256}, nil},
		{[]int{3, 6, 32}, []string{"111111", "101010", "000001"}}, {[]int{2, 4, 5}, []string{"0000", "1100"}},
	} {
		inputs := []Input{Normal("x", c.shape...)}
		if c.mask != nil {
			inputs = append(inputs, maskOf(c.mask...))
		}
		add(fmt.Sprint("MeanTokens ", c), opTolerance, func(o ops, x []T) T { return o.MeanTokens(x[0], x[1:]...) }, inputs...)
	}
	add("Embedding", 0, func(o ops, x []T) T {
		return o.Embedding(o.Param("table.weight", 11, 5), x[0])
	}, given("ids", []int{2, 3}, 0, 10, 5, 5, 1, 9))
	for _, s := range [][][]int{
		{{2, 3, 4, 5}, {2, 3, 4, 5}}, {{2, 3, 4, 5}, {2, 3, 1, 1}}, {{2, 3, 4, 5}, {1, 3, 1, 1}}, {{2, 3, 4, 5}, {1, 1, 4, 5}},
		{{3, 4, 5}, {1, 4, 5}}, {{3, 4, 5}, {3, 1, 5}}, {{3, 4, 5}, {3, 4, 1}}, {{7}, {1}}, {{2, 3}, {1, 3}}, {{2, 64, 33, 33}, {2, 64, 1, 1}},
		{{1, 1, 300, 300}, {1, 1, 300, 300}}, {{2, 2, 2, 1}, {1, 2, 1, 1}},
	} {
		add(fmt.Sprint("Add ", s), opTolerance, func(o ops, x []T) T { return o.Add(x[0], x[1]) }, Normal("x", s[0]...), Normal("y", s[1]...))
		add(fmt.Sprint("Mul ", s), opTolerance, func(o ops, x []T) T { return o.Mul(x[0], x[1]) }, Normal("x", s[0]...), Normal("y", s[1]...))
	}
	add("Add to itself", opTolerance, func(o ops, x []T) T { return o.Add(x[0], x[0]) }, Normal("x", 3, 5))
	add("Concat", 0, func(o ops, x []T) T { return o.Concat(x...) }, Normal("x", 3, 2, 3, 5), Normal("y", 3, 4, 3, 5), Normal("z", 3, 1, 3, 5))
	add("Concat one", 0, func(o ops, x []T) T { return o.Concat(x...) }, Normal("x", 2, 2, 2, 2))
	add("Concat with itself", 0, func(o ops, x []T) T { return o.Concat(x[0], x[0]) }, Normal("x", 2, 2, 3, 3))
	for _, s := range [][]int{{1, 1, 1, 1}, {3, 2, 3, 5}, {1, 33, 16, 16}} {
		add(fmt.Sprint("Upsample2 ", s), 0, func(o ops, x []T) T { return o.Upsample2(x[0]) }, Normal("x", s...))
	}
	for _, s := range [][]int{{1, 1, 2, 2}, {3, 2, 6, 10}, {1, 33, 16, 16}} {
		add(fmt.Sprint("AvgPool2 ", s), opTolerance, func(o ops, x []T) T { return o.AvgPool2(x[0]) }, Normal("x", s...))
		add(fmt.Sprint("PixelUnshuffle ", s), 0, func(o ops, x []T) T { return o.PixelUnshuffle(x[0], 2) }, Normal("x", s...))
	}
	for _, s := range [][]int{{1, 4, 1, 1}, {3, 8, 3, 5}, {1, 4, 16, 16}} {
		add(fmt.Sprint("PixelShuffle ", s), 0, func(o ops, x []T) T { return o.PixelShuffle(x[0], 2) }, Normal("x", s...))
	}
	add("PixelShuffle by 4", 0, func(o ops, x []T) T { return o.PixelShuffle(x[0], 4) }, Normal("x", 2, 16, 2, 3))
	// In float32 an angle near 1000 is known to 3e-5.
	add("TimestepEmbedding", 5e-5, func(o ops, x []T) T { return o.TimestepEmbedding(x[0], 64) },
		given("t", []int{6}, 0, 1, 10, 499, 998, 999))
	add("Reshape", 0, func(o ops, x []T) T { return o.Add(o.Reshape(x[0], 3, 2, 5), x[1]) }, scaled(Normal("x", 2, 3, 5), 0, 2), scaled(Normal("y", 3, 2, 5), 0, 1))
	add("Reshape of a result", 0, func(o ops, x []T) T {
		return o.Concat(o.Reshape(o.Upsample2(x[0]), 2, 6, 2, 4))
	}, Normal("x", 2, 3, 2, 2))
	for _, c := range []struct {
		shape []int
		a, b  int
	}{{[]int{2, 3, 5}, 1, 2}, {[]int{1, 33, 70}, 1, 2}, {[]int{2, 3, 4, 5}, 1, 3}, {[]int{3, 4, 2}, 0, 1}, {[]int{2, 3}, 0, 1}, {[]int{2, 3}, 1, 1}} {
		add(fmt.Sprint("Transpose ", c), 0, func(o ops, x []T) T { return o.Transpose(x[0], c.a, c.b) }, Normal("x", c.shape...))
	}
	return list
}

// Reduced is a configuration with everything that [model.Paper] has and
// [model.Tiny] has not: three levels, time added before a norm, attention in the
// encoder, no patch. It is small enough for float64. One level of its U-Net has
// self-attention alone, one none.
func Reduced() model.Config {
	c := model.Tiny()
	c.VAEPatch = 1
	c.EncoderChannels = []int{32, 32, 64, 64, 64}
	c.EncoderAttention = []bool{false, true, true, false}
	c.DecoderChannels = []int{64, 64, 32, 32}
	c.UNetChannels = []int{32, 64, 96}
	c.UNetSelfAttention, c.UNetCrossAttention = []bool{true, true, false}, []bool{true, false, false}
	c.UNetTextPool, c.UNetAdaptiveNorm = false, false
	c.TextLayers = 2
	c.TextVocab = 50
	return c
}

// The names of the cases of [Networks] after their prefix.
const (
	UNet              = "UNet"
	UNetMasked        = "UNet masked"
	Encoder           = "Encoder"
	Decoder           = "Decoder"
	TextEncoder       = "TextEncoder"
	TextEncoderMasked = "TextEncoder masked"
)

// Network returns one of the cases of [Networks] by its name. It panics if c has
// no such network.
func Network[T any](name string, c model.Config, b int) Case[T] {
	for _, n := range Networks[T]("", c, b) {
		if n.Name == prefix("", b)+name {
			return n
		}
	}
	panic(fmt.Sprintf("modeltest: no network %q", name))
}

func prefix(name string, b int) string { return fmt.Sprintf("%s batch %d ", name, b) }

// Networks returns cases of every network of c with a batch of b.
func Networks[T any](name string, c model.Config, b int) []Case[T] {
	type ops = model.Ops[T]
	const tokens = 6
	s, d := c.LatentSize(), c.TextFeatures
	at := func(in Input, r graph.Rate) Input { in.Rate = r; return in }
	whole := func(name string, f func(i int) int) Input {
		in := Input{name, graph.PerPrompt, []int{b, tokens}, make([]float32, b*tokens)}
		for i := range in.Values {
			in.Values[i] = float32(f(i))
		}
		return in
	}
	mask := strings.Repeat("1", tokens)
	masks := []string{}
	for i := range b {
		masks = append(masks, mask[:tokens-i%3]+strings.Repeat("0", i%3))
	}
	latent := Normal("latent", b, c.LatentChannels, s, s)
	context := at(Normal("context", b, tokens, d), graph.PerPrompt)
	timestep := Input{"timestep", graph.PerTimestep, []int{1}, []float32{737}}
	steps := Input{"timestep", graph.PerTimestep, []int{b}, make([]float32, b)}
	for i := range b {
		steps.Values[i] = float32(11 + 400*i)
	}
	image := at(Normal("image", b, 1, c.ImageSize, c.ImageSize), graph.PerLatent)
	text := []Input{
		whole("ids", func(i int) int { return (i*7 + 3) % c.TextVocab }),
		whole("positions", func(i int) int { return i % tokens }),
		whole("types", func(i int) int { return 0 }),
	}
	prefix := prefix(name, b)
	list := []Case[T]{
		{prefix + UNet, []Input{latent, timestep, context}, func(o ops, x []T) T { return model.UNet(o, c, x[0], x[1], x[2]) }, networkTolerance},
		{prefix + UNetMasked, []Input{latent, steps, context, maskOf(masks...)}, func(o ops, x []T) T { return model.UNet(o, c, x[0], x[1], x[2:]...) }, networkTolerance},
		{prefix + Encoder, []Input{image}, func(o ops, x []T) T { return model.Encoder(o, c, x[0]) }, networkTolerance},
		{prefix + Decoder, []Input{latent}, func(o ops, x []T) T { return model.Decoder(o, c, model.Destandardized(o, c, x[0])) }, networkTolerance},
	}
	if c.HasText() {
		list = append(list,
			Case[T]{prefix + TextEncoder, text, func(o ops, x []T) T { return model.TextEncoder(o, c, x[0], x[1], x[2]) }, networkTolerance},
			Case[T]{prefix + TextEncoderMasked, append(text[:3:3], maskOf(masks...)), func(o ops, x []T) T { return model.TextEncoder(o, c, x[0], x[1], x[2], x[3:]...) }, networkTolerance},
		)
	}
	return list
}
