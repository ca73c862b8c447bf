package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTilings holds every tiling to sums in float64, at sizes that do and do
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
		for _, tile := range tilings() {
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
					t.Fatalf("%s, %v: value %d is %g, another tiling's is %g", tile.name, s, i, v, fused[i])
				}
			}
		}
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, tile := range tilings() {
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
