package cpu

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
)

// twins compares what every instruction set with assembly returns with what plain Go
// returns, within the tolerance of each value, and the bytes of these sets with each
// other. A NaN must be one in all of them.
func twins(t *testing.T, f func(set *instructions) []float32, tolerance func(i int, want float64) float64) {
	t.Helper()
	want := f(plain)
	var first []float32
	for _, set := range fast {
		got := f(set)
		if first == nil {
			first = got
		}
		for i, v := range got {
			w := want[i]
			most := tolerance(i, float64(w))
			if v != w && !(v != v && w != w) && !(math.Abs(float64(v)-float64(w)) < most) {
				t.Fatalf("%s: value %d is %g, plain Go's is %g, tolerated is %g", set.name, i, v, w, most)
			}
			if math.Float32bits(v) != math.Float32bits(first[i]) && (v == v || first[i] == first[i]) {
				t.Fatalf("%s: value %d is %g, that of %s is %g", set.name, i, v, fast[0].name, first[i])
			}
		}
	}
}

// floats makes values of bytes: every pattern of bits is one.
func floats(raw []byte) []float32 {
	x := make([]float32, min(len(raw)/4, 1<<12))
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x
}

// raw is the inverse of floats.
func raw(x ...float32) []byte {
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		panic(err)
	}
	return b
}

// extremes are the values at which a kernel may go wrong.
var extremes = []float32{0, float32(math.Copysign(0, -1)), 1, -1, 88.3, 88.4, 88.8, -87.3, -87.4, -88.5, 1e-40, -1e-40, math.SmallestNonzeroFloat32,
	math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), -104, 1e9, -1e9, 0.5, 0.25}

// many are values from a uniform distribution.
func many(n int, most float32) []byte {
	return raw(even(rand.New(rand.NewPCG(uint64(n), 1)), n, most)...)
}

func FuzzSiLU(f *testing.F) {
	f.Add(raw(extremes...))
	f.Add(many(101, 100))
	f.Fuzz(func(t *testing.T, values []byte) {
		x := floats(values)
		twins(t, func(set *instructions) []float32 {
			got := make([]float32, len(x))
			set.silu(got, x)
			return got
		}, func(_ int, want float64) float64 { return 1e-6*math.Abs(want) + 1e-35 })
	})
}

func FuzzExponentials(f *testing.F) {
	f.Add(raw(extremes...), float32(1))
	f.Add(raw(0, -1, -124, -126, -1e4, float32(math.Inf(-1))), float32(.125))
	f.Add(raw(float32(math.Inf(-1)), float32(math.Inf(-1))), float32(.125))
	f.Add(many(1008, 1000), float32(.7))
	f.Fuzz(func(t *testing.T, values []byte, scale float32) {
		x := floats(values)
		// Scores are products of some hundred values, and their scale is 1/√d.
		const most = 1e6
		if len(x) == 0 || !(scale > 1e-6 && scale <= 1) {
			return
		}
		for _, v := range x {
			if v < -most && v >= -math.MaxFloat32 || v > most && v <= math.MaxFloat32 {
				return
			}
		}
		for len(x)%lanes != 0 {
			x = append(x, float32(math.Inf(-1)))
		}
		twins(t, func(set *instructions) []float32 {
			got := slices.Clone(x)
			sum := set.exponentials(got, scale)
			for i, v := range got {
				got[i] = float32(float64(v) / sum)
			}
			return got
		}, func(i int, _ float64) float64 {
			distance := min(float64(slices.Max(x)-x[i])*float64(scale), 200)
			return math.Exp(-distance)*(1e-6+2e-7*distance) + 1e-36
		})
	})
}

func FuzzMoments(f *testing.F) {
	f.Add(raw(extremes...), uint8(3))
	f.Add(many(33*48, 5), uint8(48))
	f.Add(many(7*24, 1e20), uint8(24))
	f.Add(many(2*134, 1), uint8(134))
	f.Fuzz(func(t *testing.T, values []byte, channels uint8) {
		x := floats(values)
		if channels == 0 || len(x) < int(channels) {
			return
		}
		x = x[:len(x)/int(channels)*int(channels)]
		of := func(set *instructions) []float64 {
			sums := make([]float64, 2*int(channels))
			set.moments(x, sums[:channels], sums[channels:])
			return sums
		}
		want := of(plain)
		for _, set := range fast {
			for i, v := range of(set) {
				if w := want[i]; v != w && (v == v || w == w) {
					t.Fatalf("%s: sum %d is %g, plain Go's is %g", set.name, i, v, w)
				}
			}
		}
	})
}

func FuzzNormalize(f *testing.F) {
	f.Add(raw(extremes...), uint8(1), uint64(1), true)
	f.Add(many(9*48, 5), uint8(48), uint64(2), true)
	f.Add(many(9*48, 5), uint8(48), uint64(3), false)
	f.Add(many(5*24, 1e3), uint8(24), uint64(4), true)
	f.Fuzz(func(t *testing.T, values []byte, channels uint8, seed uint64, silu bool) {
		x := floats(values)
		if channels == 0 || len(x) < int(channels) {
			return
		}
		x = x[:len(x)/int(channels)*int(channels)]
		random := rand.New(rand.NewPCG(seed, 1))
		a := affine{even(random, int(channels), 3), even(random, int(channels), 3), even(random, int(channels), 3)}
		twins(t, func(set *instructions) []float32 {
			got := make([]float32, len(x))
			set.normalize(got, x, a, silu)
			return got
		}, func(i int, _ float64) float64 {
			c := i % int(channels)
			size := math.Abs(float64((x[i]-a.mean[c])*a.scale[c])) + math.Abs(float64(a.shift[c]))
			return 1e-6*size + 1e-35
		})
	})
}

func FuzzProduct(f *testing.F) {
	f.Add(uint64(1), uint8(1), uint8(1), uint16(1), uint8(0), uint8(0))
	f.Add(uint64(2), uint8(33), uint8(13), uint16(300), uint8(2), uint8(3))
	f.Add(uint64(3), uint8(56), uint8(6), uint16(257), uint8(0), uint8(1))
	f.Add(uint64(4), uint8(96), uint8(40), uint16(64), uint8(7), uint8(2))
	f.Fuzz(func(t *testing.T, seed uint64, rows8, cols8 uint8, depth16 uint16, gap, with uint8) {
		rows, cols, depth := 1+int(rows8)%100, 1+int(cols8)%40, 1+int(depth16)%400
		random := rand.New(rand.NewPCG(seed, 1))
		a, b := even(random, rows*depth, 1), even(random, cols*(depth+int(gap)), 1)
		var bias, residual []float32
		if with&1 != 0 {
			bias = even(random, rows, 1)
		}
		if with&2 != 0 {
			residual = even(random, rows*cols, 1)
		}
		// Two segments, with a gap between them and after each column.
		first := random.IntN(depth)
		segments := []segment{{0, depth}}
		if first > 0 {
			segments = []segment{{0, first}, {first + int(gap), depth - first}}
		}
		twins(t, func(set *instructions) []float32 {
			got := make([]float32, rows*cols)
			set.program().multiply(&matmul{left: set.packedWeights(a, []int{rows, depth}), right: b, offsets: set.evenly(cols, depth+int(gap)),
				segments: blocks(segments), out: got, outStride: rows, bias: bias, residual: residual}, cols)
			return got
		}, func(int, float64) float64 { return 2e-7 * float64(depth+2) })
	})
}

func FuzzFilters(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint8(0), false, false)
	f.Add(uint64(2), uint8(2), uint8(5), true, true)
	f.Add(uint64(3), uint8(1), uint8(3), false, true)
	f.Fuzz(func(t *testing.T, seed uint64, blocks, gap uint8, large, with bool) {
		channels := (1 + int(blocks)%6) * lanes
		stride, method := channels+int(gap), Winograd2 // of a pixel
		if large {
			method = Winograd4
		}
		n, side := plain.filter(method).Results(), plain.filter(method).Side()
		random := rand.New(rand.NewPCG(seed, 1))
		x, m, bias := even(random, side*side*stride, 2), even(random, side*side*stride, 2), even(random, channels, 1)
		residual := even(random, n*n*stride, 1)
		var add *float32
		if with {
			add = &residual[0]
		}
		scratch := make([]float32, side*side*lanes)
		twins(t, func(set *instructions) []float32 {
			got := make([]float32, side*side*stride)
			set.filter(method).input(channels, &x[0], 4*stride, 4*stride*side, &got[0], 4*stride, &scratch[0])
			return got
		}, func(int, float64) float64 { return 1e-6 * 100 }) // the rows of Bᵀ sum to 10 at most
		twins(t, func(set *instructions) []float32 {
			got := make([]float32, n*n*stride)
			set.filter(method).output(channels, &m[0], 4*stride, &got[0], 4*stride, 4*stride*n, &bias[0], add, &scratch[0])
			return got
		}, func(int, float64) float64 { return 1e-6 * 400 }) // those of Aᵀ to 19
	})
}

// outputOf runs a graph's output "out" with an instruction set.
func outputOf(t *testing.T, set *instructions, how *Method, g *graph.Graph, inputs []modeltest.Input) []float32 {
	t.Helper()
	o := Options{Threads: 1, Instructions: set.name}
	if how != nil {
		o.Choose = func(Shape) Method { return *how }
	}
	b, err := New(modeltest.RandomFor(g.Params()), o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := modeltest.Run(t, b, g, inputs, 1)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

// FuzzConvolution compares every method of every instruction set with plain sums. Of
// F(4×4, 3×3) the terms are up to a hundred times the result.
func FuzzConvolution(f *testing.F) {
	f.Add(uint64(1), uint8(15), uint8(15), uint8(3), uint8(3), uint8(0), true)
	f.Add(uint64(2), uint8(47), uint8(31), uint8(7), uint8(11), uint8(1), false)
	f.Add(uint64(3), uint8(4), uint8(20), uint8(5), uint8(2), uint8(2), true)
	f.Add(uint64(215), uint8(47), uint8(47), uint8(15), uint8(11), uint8(2), true)
	f.Fuzz(func(t *testing.T, seed uint64, in8, out8, height8, width8, batch8 uint8, residual bool) {
		in, out, height, width, batch := 1+int(in8)%64, 1+int(out8)%64, 1+int(height8)%16, 1+int(width8)%16, 1+int(batch8)%3
		r := graph.NewRecorder()
		x := r.Input("x", graph.PerLatent, batch, in, height, width)
		y := r.Conv2d(x, r.Param("weight", out, in, 3, 3), r.Param("bias", out), 1, 1)
		random := rand.New(rand.NewPCG(seed, 1))
		inputs := []modeltest.Input{{Name: "x", Values: even(random, batch*in*height*width, 1)}}
		if residual {
			y = r.Add(y, r.Input("residual", graph.PerLatent, batch, out, height, width))
			inputs = append(inputs, modeltest.Input{Name: "residual", Values: even(random, batch*out*height*width, 1)})
		}
		r.Output("out", y)
		g, err := r.Graph()
		if err != nil {
			t.Fatal(err)
		}
		s := Shape{in, out, height, width}
		for m, tolerance := range []float64{Direct: 3e-6, Winograd2: 1e-5, Winograd4: 1e-4} {
			m := Method(m)
			if m != Direct && (in%lanes != 0 || out%lanes != 0 || !s.Fits(m)) {
				continue
			}
			twins(t, func(set *instructions) []float32 {
				how := m
				if set == plain {
					how = Direct
				}
				return outputOf(t, set, &how, g, inputs)
			}, func(int, float64) float64 { return tolerance })
		}
	})
}

func FuzzAttention(f *testing.F) {
	f.Add(uint64(1), uint8(0), uint8(0), uint8(0), uint8(0), []byte{})
	f.Add(uint64(2), uint8(49), uint8(32), uint8(1), uint8(31), []byte{1, 0, 1})
	f.Add(uint64(3), uint8(96), uint8(63), uint8(1), uint8(63), []byte{})
	f.Add(uint64(4), uint8(7), uint8(99), uint8(2), uint8(11), []byte{0, 0, 1})
	f.Fuzz(func(t *testing.T, seed uint64, queries8, keys8, heads8, d8 uint8, shown []byte) {
		queries, keys, heads, d := 1+int(queries8)%100, 1+int(keys8)%100, 1+int(heads8)%4, 1+int(d8)%80
		r := graph.NewRecorder()
		q := r.Input("q", graph.PerLatent, 1, queries, heads*d)
		k := r.Input("k", graph.PerLatent, 1, keys, heads*d)
		v := r.Input("v", graph.PerLatent, 1, keys, heads*d)
		random := rand.New(rand.NewPCG(seed, 1))
		inputs := []modeltest.Input{{Name: "q", Values: even(random, queries*heads*d, 3)}, {Name: "k", Values: even(random, keys*heads*d, 3)}, {Name: "v", Values: even(random, keys*heads*d, 1)}}
		var mask []graph.Value
		if len(shown) > 0 {
			values := make([]float32, keys)
			values[random.IntN(keys)] = 1 // one key is always shown
			for i := range values {
				if shown[i%len(shown)]&1 != 0 {
					values[i] = 1
				}
			}
			mask = []graph.Value{r.Input("mask", graph.PerLatent, 1, keys)}
			inputs = append(inputs, modeltest.Input{Name: "mask", Values: values})
		}
		r.Output("out", r.Attention(q, k, v, heads, mask...))
		g, err := r.Graph()
		if err != nil {
			t.Fatal(err)
		}
		twins(t, func(set *instructions) []float32 { return outputOf(t, set, nil, g, inputs) }, func(int, float64) float64 { return 1e-5 })
	})
}
