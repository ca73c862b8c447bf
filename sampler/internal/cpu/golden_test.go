package cpu

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files of testdata")

// even returns values in (−most, most), the same on every processor.
func even(random *rand.Rand, n int, most float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = (2*random.Float32() - 1) * most // both exact but for the last product
	}
	return v
}

// digests returns one line per kernel: its name and the hash of its result for given values.
func (t *instructions) digests() string {
	var list strings.Builder
	random := rand.New(rand.NewPCG(7, 8))
	digest := func(name string, results ...any) {
		h := sha256.New()
		for _, r := range results {
			if err := binary.Write(h, binary.LittleEndian, r); err != nil {
				panic(err)
			}
		}
		fmt.Fprintf(&list, "%s %x\n", name, h.Sum(nil))
	}
	for _, s := range [][3]int{{1, 1, 1}, {8, 7, 5}, {16, 6, 256}, {33, 13, 300}, {96, 50, 577}} {
		rows, cols, depth := s[0], s[1], s[2]
		got := make([]float32, rows*cols)
		m := &matmul{left: t.packedWeights(even(random, rows*depth, 1), []int{rows, depth}), right: even(random, cols*depth, 1), offsets: t.evenly(cols, depth),
			segments: blocks([]segment{{0, depth}}), out: got, outStride: rows, bias: even(random, rows, 1), residual: even(random, rows*cols, 1)}
		t.program().multiply(m, cols)
		digest(fmt.Sprint("product ", s), got)
	}
	x := even(random, 1008, 90)
	digest("exponentials", t.exponentials(x, .7), x)
	x = even(random, 1003, 90)
	t.silu(x, x)
	digest("silu", x)
	for _, channels := range []int{8, 24, 64} {
		x, out := even(random, 37*channels, 5), make([]float32, 37*channels)
		sums, squares := make([]float64, channels), make([]float64, channels)
		t.moments(x, sums, squares)
		digest(fmt.Sprint("moments ", channels), sums, squares)
		a := affine{even(random, channels, 3), even(random, channels, 3), even(random, channels, 3)}
		for _, silu := range []bool{false, true} {
			t.normalize(out, x, a, silu)
			digest(fmt.Sprint("normalize ", channels, " ", silu), out)
		}
	}
	for _, method := range []Method{Winograd2, Winograd4} {
		const channels = 48
		f := t.filter(method)
		n, side := f.Results(), f.Side()
		x, points, scratch := even(random, side*side*channels, 2), make([]float32, side*side*channels), make([]float32, side*side*lanes)
		f.input(channels, &x[0], 4*channels, 4*channels*side, &points[0], 4*channels, &scratch[0])
		out, bias, residual := make([]float32, n*n*channels), even(random, channels, 1), even(random, n*n*channels, 1)
		f.output(channels, &points[0], 4*channels, &out[0], 4*channels, 4*channels*n, &bias[0], &residual[0], &scratch[0])
		digest(fmt.Sprint("winograd ", n), points, out)
	}
	return list.String()
}

// program is one that only computes products, on one thread.
func (t *instructions) program() *Program {
	return &Program{instructions: t, team: team{threads: 1}, buffers: make([][]float32, 1)}
}

// TestFusedBytes compares the kernels with fused multiply-add with one golden file
// on every processor (go test -run TestFusedBytes -update writes it).
func TestFusedBytes(t *testing.T) {
	const path = "testdata/fused.txt"
	if *update {
		if err := os.WriteFile(path, []byte(fast[0].digests()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range fast {
		t.Run(set.name, func(t *testing.T) {
			if got := []byte(set.digests()); !bytes.Equal(got, want) {
				t.Errorf("got\n%s, want\n%s", got, want)
			}
		})
	}
}
