package cpu

import (
	"fmt"
	"testing"
)

func BenchmarkMatMul(b *testing.B) {
	for _, depth := range []int{576, 2304, 4608} {
		b.Run(fmt.Sprint(depth), func(b *testing.B) {
			const rows, cols = 256, 32
			a := newPanels(rows, depth)
			a.pack(make([]float32, rows*depth))
			packed := make([]float32, cols*depth)
			dst := make([]float32, rows*cols)
			for b.Loop() {
				multiply(target{dst: dst, rowStride: cols, colStride: 1}, a, 0, a.tiles(), packed, cols)
			}
			flop := 2 * float64(rows) * cols * float64(depth) * float64(b.N)
			b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
