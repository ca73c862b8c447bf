package cpu

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestFilters holds the transforms of every instruction set, with the weights
// between them, to a convolution in float64.
func TestFilters(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	values := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = float32(random.NormFloat64())
		}
		return v
	}
	const in, out = 32, 16
	weights, bias := values(out*in*9), values(out)
	for _, m := range []Method{Winograd2, Winograd4} {
		side := plain.filter(m).Side()
		n := side - 2
		x, residual := values(side*side*in), values(n*n*out)
		var fused []float32
		for _, set := range available() {
			f := set.filter(m)
			v, products, got, scratch := make([]float32, side*side*in), make([]float32, side*side*out), make([]float32, n*n*out), make([]float32, side*side*lanes)
			f.input(in, &x[0], 4*in, 4*in*side, &v[0], 4*in, &scratch[0])
			panels := set.winogradWeights(f.Filter, weights, []int{out, in, 3, 3})
			for point, w := range panels {
				for o := range out {
					var sum float64
					for c := range in {
						sum += float64(w.data[o/w.stride*w.tile+c*w.stride+o%w.stride]) * float64(v[point*in+c])
					}
					products[point*out+o] = float32(sum)
				}
			}
			f.output(out, &products[0], 4*out, &got[0], 4*out, 4*out*n, &bias[0], &residual[0], &scratch[0])
			for i, g := range got {
				o, column, row := i%out, i/out%n, i/out/n
				want, size := float64(bias[o])+float64(residual[i]), 0.0
				for c := range in {
					for k := range 9 {
						p := float64(weights[(o*in+c)*9+k]) * float64(x[((row+k/3)*side+column+k%3)*in+c])
						want += p
						size += math.Abs(p)
					}
				}
				if math.Abs(float64(g)-want) > 2e-6*size {
					t.Fatalf("%s, method %d: value %d is %g, want %g", set.name, m, i, g, want)
				}
			}
			if set == plain {
				continue
			}
			if fused == nil {
				fused = got
			}
			for i, g := range got {
				if g != fused[i] {
					t.Fatalf("%s, method %d: value %d is %g, another instruction set's is %g", set.name, m, i, g, fused[i])
				}
			}
		}
	}
}
