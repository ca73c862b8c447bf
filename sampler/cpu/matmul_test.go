package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTilings holds every instructions to sums in float64, at sizes that do and do
// not fill their tiles, and those with fused multiply-add to each other's
// bytes.
func TestTilings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		return v
	}
	for _, s := range [][3]int{{1, 1, 1}, {4, 2, 3}, {5, 3, 7}, {32, 8, 64}, {33, 9, 65}, {96, 24, 144}, {70, 31, 1}} {
		rows, cols, depth := s[0], s[1], s[2]
		a, b, bias := values(rows*depth), values(cols*depth), values(rows)
		var fused []float32
		for _, tile := range available() {
			m := newPanels(tile, rows, depth)
			m.pack(a)
			packed := make([]float32, tile.padded(cols)*depth)
			tile.packCols(packed, b, cols, depth, depth)
			byCols, byRows := make([]float32, rows*cols), make([]float32, rows*cols)
			multiply(target{dst: byCols, rowStride: 1, colStride: rows, bias: bias}, m, 0, m.tiles(), packed, cols)
			multiply(target{dst: byRows, rowStride: cols, colStride: 1, bias: bias}, m, 0, m.tiles(), packed, cols)
			for r := range rows {
				for c := range cols {
					want, size := float64(bias[r]), math.Abs(float64(bias[r]))
					for k := range depth {
						p := float64(a[r*depth+k]) * float64(b[c*depth+k])
						want += p
						size += math.Abs(p)
					}
					got := byCols[c*rows+r]
					if math.Abs(float64(got)-want) > 1e-6*size || byRows[r*cols+c] != got {
						t.Fatalf("%s, %v: value (%d, %d) is %g and %g, want %g", tile.name, s, r, c, got, byRows[r*cols+c], want)
					}
				}
			}
			if tile == plain {
				continue
			}
			if fused == nil {
				fused = byCols
			}
			for i, v := range byCols {
				if v != fused[i] {
					t.Fatalf("%s, %v: value %d is %g, another instructions's is %g", tile.name, s, i, v, fused[i])
				}
			}
		}
	}
}

// TestExponentials holds every instruction set's softmax and SiLU to float64,
// at the ends of the range too, and a value's bytes to be the same wherever it
// stands.
func TestExponentials(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, set := range available() {
		for _, n := range []int{1, 7, 8, 9, 16, 63, 64, 1000} {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(random.NormFloat64() * 20)
			}
			got := slices.Clone(x)
			set.softmax(got, 0.3)
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
		bad := []float32{1, nan, 2}
		if set.softmax(bad, 1); bad[0] == bad[0] {
			t.Errorf("%s: softmax hides what is not a number: %v", set.name, bad)
		}
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, tile := range available() {
		for _, depth := range []int{576, 2304, 4608} {
			b.Run(fmt.Sprintf("%s/%d", tile.name, depth), func(b *testing.B) {
				const rows, cols = 256, 32
				a := newPanels(tile, rows, depth)
				packed := make([]float32, tile.padded(cols)*depth)
				dst := make([]float32, rows*cols)
				for b.Loop() {
					multiply(target{dst: dst, rowStride: cols, colStride: 1}, a, 0, a.tiles(), packed, cols)
				}
				flop := 2 * float64(rows) * cols * float64(depth) * float64(b.N)
				b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
