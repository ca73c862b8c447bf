package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestProducts compares the product of every instruction set with sums in float64,
// at sizes that do and do not fill their tiles, and the bytes of those with fused
// multiply-add with each other.
func TestProducts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		return v
	}
	for _, s := range [][3]int{{1, 1, 1}, {4, 2, 3}, {5, 3, 7}, {16, 5, 9}, {32, 8, 64}, {33, 9, 65}, {96, 24, 144}, {70, 31, 1}, {64, 150, 700}, {56, 7, 300}} {
		rows, cols, depth := s[0], s[1], s[2]
		a, b, bias, residual := values(rows*depth), values(cols*(depth+2)), values(rows), values(rows*cols)
		var fused []float32
		for _, set := range available() {
			p := set.program()
			got := make([]float32, rows*cols)
			m := &matmul{left: set.packedWeights(a, []int{rows, depth}), right: b, offsets: set.evenly(cols, depth+2), out: got, outStride: rows,
				segments: blocks([]segment{{0, depth / 3}, {depth/3 + 2, depth - depth/3}}), bias: bias, residual: residual}
			p.multiply(m, cols)
			for r := range rows {
				for c := range cols {
					want, size := float64(bias[r])+float64(residual[c*rows+r]), math.Abs(float64(bias[r]))+math.Abs(float64(residual[c*rows+r]))
					for k := range depth {
						at := k
						if k >= depth/3 {
							at += 2
						}
						v := float64(a[r*depth+k]) * float64(b[c*(depth+2)+at])
						want += v
						size += math.Abs(v)
					}
					if v := got[c*rows+r]; math.Abs(float64(v)-want) > 1e-6*size {
						t.Fatalf("%s, %v: value (%d, %d) is %g, want %g", set.name, s, r, c, v, want)
					}
				}
			}
			if set == plain {
				continue
			}
			if fused == nil {
				fused = got
			}
			for i, v := range got {
				if v != fused[i] {
					t.Fatalf("%s, %v: value %d is %g, another instruction set's is %g", set.name, s, i, v, fused[i])
				}
			}
		}
	}
}

// TestExponentials compares every instruction set's softmax and SiLU with float64,
// at the ends of the range too, and checks that a value has the same bytes wherever
// it stands.
func TestExponentials(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, set := range available() {
		for _, n := range []int{1, 7, 8, 9, 16, 63, 64, 1008} {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(random.NormFloat64() * 20)
			}
			got := slices.Clone(x)
			for len(got)%lanes != 0 {
				got = append(got, -inf)
			}
			f := float32(1 / set.exponentials(got, 0.3))
			got = got[:n]
			for i := range got {
				got[i] *= f
			}
			most, total := math.Inf(-1), 0.0
			for _, v := range x {
				most = max(most, float64(v))
			}
			for _, v := range x {
				total += math.Exp((float64(v) - most) * 0.3)
			}
			for i, v := range x {
				want := math.Exp((float64(v)-most)*0.3) / total
				if math.Abs(float64(got[i])-want) > 1e-5*want+1e-37 {
					t.Fatalf("%s: softmax of %d: value %d is %g, want %g", set.name, n, i, got[i], want)
				}
			}
			set.silu(got, x)
			for i, v := range x {
				want := float64(v) / (1 + math.Exp(-float64(v)))
				if math.Abs(float64(got[i])-want) > 3e-7*math.Abs(want)+1e-37 {
					t.Fatalf("%s: SiLU(%g) = %g, want %g", set.name, v, got[i], want)
				}
				one := []float32{0}
				if set.silu(one, x[i:i+1]); one[0] != got[i] {
					t.Fatalf("%s: SiLU(%g) is %g alone and %g among %d", set.name, v, one[0], got[i], n)
				}
			}
		}
		special := []float32{0, -100, 100, -1e38, 1e38, -88.5, 88.9, -87.4, inf, nan}
		out := make([]float32, len(special))
		set.silu(out, special)
		for i, want := range []float32{0, 0, 100, 0, 1e38, 0, 88.9, 0, inf, nan} {
			if d := out[i] - want; out[i] != want && !(d > -1e-35 && d < 1e-35) && !(want != want && out[i] != out[i]) {
				t.Errorf("%s: SiLU(%g) = %g", set.name, special[i], out[i])
			}
		}
		bad := make([]float32, lanes)
		bad[3] = nan
		if sum := set.exponentials(bad, 1); sum == sum {
			t.Errorf("%s: the sum of exponentials hides what is not a number: %v", set.name, bad)
		}
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, set := range available() {
		for _, depth := range []int{576, 2304, 4608} {
			b.Run(fmt.Sprintf("%s/%d", set.name, depth), func(b *testing.B) {
				const rows, cols = 256, 96
				p := set.program()
				m := &matmul{left: set.packedWeights(make([]float32, rows*depth), []int{rows, depth}), right: make([]float32, cols*depth),
					offsets: set.evenly(cols, depth), segments: blocks([]segment{{0, depth}}), out: make([]float32, rows*cols), outStride: rows}
				for b.Loop() {
					p.multiply(m, cols)
				}
				flop := 2 * float64(rows) * cols * float64(depth) * float64(b.N)
				b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
