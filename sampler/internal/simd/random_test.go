//go:build js

package simd_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/sampler/model"
)

// random returns cases of random shapes, which favour the ends of tiles and
// tasks.
func random[T any](r *rand.Rand) []modeltest.Case[T] {
	n := func(most int) int { return 1 + r.IntN(most) }
	around := func(list ...int) int { return max(list[r.IntN(len(list))]+r.IntN(3)-1, 1) }
	const tolerance = 2e-6
	type ops = model.Ops[T]
	var list []modeltest.Case[T]
	add := func(name string, tolerance float64, build func(o ops, x []T) T, inputs ...modeltest.Input) {
		var shapes []string
		for _, in := range inputs {
			shapes = append(shapes, fmt.Sprint(in.Shape))
		}
		list = append(list, modeltest.Case[T]{Name: name + " " + strings.Join(shapes, " "), Inputs: inputs, Build: build, Tolerance: tolerance})
	}
	for range 40 {
		rows, depth, columns := around(1, 4, 64, 128), around(1, 4, 64, 256, 512), around(8, 16, 64, 72)
		add(fmt.Sprint("Linear to ", columns), tolerance, func(o ops, x []T) T {
			return o.Linear(x[0], o.Param("w.weight", columns, depth), o.Param("b.bias", columns))
		}, modeltest.Normal("x", rows, depth))

		batch, channels, outputs, size, stride := n(3), around(1, 4, 32), around(1, 4, 64), []int{1, 3, 3, 5}[r.IntN(4)], n(2)
		height, width, padding := around(size, 4, 8, 16), around(size, 4, 8, 16), r.IntN(size)
		height, width = max(height, size), max(width, size)
		add(fmt.Sprintf("Conv2d to %d of %d, stride %d, padding %d", outputs, size, stride, padding), tolerance, func(o ops, x []T) T {
			return o.Conv2d(x[0], o.Param("w.weight", outputs, channels, size, size), o.Param("b.bias", outputs), stride, padding)
		}, modeltest.Normal("x", batch, channels, height, width))

		inner, outer := []int{n(6), around(1, 8, 16), 129}[r.IntN(3)], around(1, 4, 17)
		add(fmt.Sprintf("Conv2d to %d of 3", outer), tolerance, func(o ops, x []T) T {
			return o.Conv2d(x[0], o.Param("w.weight", outer, inner, 3, 3), o.Param("b.bias", outer), 1, 1)
		}, modeltest.Normal("x", batch, inner, around(4, 8, 16, 20), around(4, 8, 16, 32)))

		groups, each := n(5), n(4)
		height, width = n(9), n(9)
		add(fmt.Sprintf("GroupNorm of %d", groups), tolerance, func(o ops, x []T) T {
			return o.GroupNorm(x[0], o.Param("n.weight", groups*each), o.Param("n.bias", groups*each), groups, 1e-5)
		}, modeltest.Normal("x", n(3), groups*each, height, width))
		add(fmt.Sprintf("GroupNorm of %d, scaled and shifted, SiLU", groups), tolerance, func(o ops, x []T) T {
			y := o.GroupNorm(x[0], o.Param("n.weight", groups*each), o.Param("n.bias", groups*each), groups, 1e-5)
			return o.SiLU(o.Add(o.Mul(y, x[1]), x[2]))
		}, modeltest.Normal("x", batch, groups*each, height, width),
			modeltest.Normal("scale", batch, groups*each, 1, 1), modeltest.Normal("shift", []int{1, batch}[n(2)-1], groups*each, 1, 1))

		heads, d, queries, keys := n(3), around(1, 4, 16), around(1, 8, 256), around(1, 4, 32, 70)
		inputs := []modeltest.Input{modeltest.Normal("q", batch, queries, heads*d), modeltest.Normal("k", batch, keys, heads*d), modeltest.Normal("v", batch, keys, heads*d)}
		if n(2) == 1 {
			mask := modeltest.Normal("mask", batch, keys)
			for i, v := range mask.Values {
				mask.Values[i] = 1
				if v < 0 && i%keys > 0 {
					mask.Values[i] = 0
				}
			}
			inputs = append(inputs, mask)
		}
		add(fmt.Sprintf("Attention of %d heads", heads), tolerance, func(o ops, x []T) T {
			return o.Attention(x[0], x[1], x[2], heads, x[3:]...)
		}, inputs...)

		shape := []int{n(3), n(5), n(9), n(9)}[r.IntN(3):]
		other := make([]int, len(shape))
		for i, s := range shape {
			other[i] = s
			if n(2) == 1 {
				other[i] = 1
			}
		}
		add("Mul", tolerance, func(o ops, x []T) T { return o.Mul(x[0], x[1]) }, modeltest.Normal("x", shape...), modeltest.Normal("y", other...))
		a, b := r.IntN(len(shape)), r.IntN(len(shape))
		add(fmt.Sprintf("Transpose %d %d", a, b), 0, func(o ops, x []T) T { return o.Transpose(x[0], a, b) }, modeltest.Normal("x", shape...))
	}
	return list
}

// TestRandomShapes compares with modeltest.Reference.
func TestRandomShapes(t *testing.T) {
	seed := func() *rand.Rand { return rand.New(rand.NewPCG(7, 9)) }
	records, references := random[graph.Value](seed()), random[*modeltest.Tensor](seed())
	for i, c := range records {
		t.Run(c.Name, func(t *testing.T) {
			g, err := modeltest.Record(c)
			if err != nil {
				t.Fatal(err)
			}
			source := modeltest.RandomFor(g.Params())
			b, err := open(t, 1)(source)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			got, err := modeltest.Run(t, b, g, c.Inputs, 1)
			if err != nil {
				t.Fatal(err)
			}
			if d := modeltest.Difference(got[0], modeltest.Expected(references[i], source)); !(d <= c.Tolerance) {
				t.Errorf("error %.3g of the range, tolerated is %.3g", d, c.Tolerance)
			}
		})
	}
}
