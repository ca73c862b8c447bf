package gpu_test

import (
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/model"
)

// BenchmarkOps times the operations that a U-Net of mini spends its time on.
func BenchmarkOps(b *testing.B) {
	type ops = model.Ops[graph.Value]
	type V = graph.Value
	run := func(name string, build func(o ops, x []V) V, inputs ...modeltest.Input) {
		b.Run(name, func(b *testing.B) {
			modeltest.Benchmark(b, open(b), modeltest.Case[V]{Name: name, Inputs: inputs, Build: build})
		})
	}
	conv := func(o ops, x V, in, out, size int) V {
		return o.Conv2d(x, o.Param("w.weight", out, in, size, size), o.Param("w.bias", out), 1, size/2)
	}
	run("conv/64x32x32", func(o ops, x []V) V { return conv(o, x[0], 64, 64, 3) }, modeltest.Normal("x", 2, 64, 32, 32))
	run("conv/256x8x8", func(o ops, x []V) V { return conv(o, x[0], 256, 256, 3) }, modeltest.Normal("x", 2, 256, 8, 8))
	run("conv/256x4x4", func(o ops, x []V) V { return conv(o, x[0], 256, 256, 3) }, modeltest.Normal("x", 2, 256, 4, 4))
	run("linear/1024x64", func(o ops, x []V) V { return o.Linear(x[0], o.Param("w.weight", 64, 64)) }, modeltest.Normal("x", 2, 1024, 64))
	run("linear/256x128", func(o ops, x []V) V { return o.Linear(x[0], o.Param("w.weight", 128, 128)) }, modeltest.Normal("x", 2, 256, 128))
	run("linear/64x256", func(o ops, x []V) V { return o.Linear(x[0], o.Param("w.weight", 256, 256)) }, modeltest.Normal("x", 2, 64, 256))
	attend := func(name string, queries, keys, width, heads int) {
		run(name, func(o ops, x []V) V { return o.Attention(x[0], x[1], x[1], heads) }, modeltest.Normal("x", 2, queries, width), modeltest.Normal("k", 2, keys, width))
	}
	attend("attention/1024x64", 1024, 1024, 64, 4)
	attend("attention/1024x64/text", 1024, 128, 64, 4)
	attend("attention/256x128", 256, 256, 128, 4)
	attend("attention/64x256", 64, 64, 256, 4)
	attend("attention/1024x128", 1024, 1024, 128, 1)
	run("norm/64x32x32", func(o ops, x []V) V {
		return o.GroupNorm(x[0], o.Param("n.weight", 64), o.Param("n.bias", 64), 32, 1e-5)
	}, modeltest.Normal("x", 2, 64, 32, 32))
	run("silu/64x32x32", func(o ops, x []V) V { return o.SiLU(x[0]) }, modeltest.Normal("x", 2, 64, 32, 32))
}
