// Package modelfile makes hostile model files of good ones, one fault each, for
// tests.
package modelfile

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/attacks"
	"github.com/roentgo/roentgo/weights"
)

// Attacks yields a good model file with one fault, to be written, and so signed,
// by [weights.Write]: in its configuration (as [attacks.JSON]), its tensors, its parts,
// or its texts. Faults that the writer itself refuses are not among them: those
// of headers and frames are in the tests of package weights.
func Attacks(good weights.File) iter.Seq2[string, weights.File] {
	return func(yield func(string, weights.File) bool) {
		for _, list := range []iter.Seq2[string, weights.File]{configurations(good), tensors(good), parts(good), texts(good)} {
			for name, f := range list {
				if !yield(name, f) {
					return
				}
			}
		}
	}
}

func configurations(good weights.File) iter.Seq2[string, weights.File] {
	return func(yield func(string, weights.File) bool) {
		for name, text := range attacks.JSON(good.Config) {
			f := good
			f.Config = text
			if !yield("configuration"+name, f) {
				return
			}
		}
	}
}

// tensors yields changes of each tensor: gone, of another name, shape or kind,
// and of extreme values.
func tensors(good weights.File) iter.Seq2[string, weights.File] {
	return func(yield func(string, weights.File) bool) {
		for i, t := range good.Tensors {
			put := func(what string, with ...weights.Tensor) bool {
				f := good
				f.Tensors = slices.Replace(slices.Clone(good.Tensors), i, i+1, with...)
				return yield(t.Name+" "+what, f)
			}
			renamed, flat := t, t
			renamed.Name += "2"
			flat.Shape = append([]int{1}, t.Shape...)
			if !put("missing") || !put("renamed", renamed) || !put("of another shape", flat) || !put("and another", t, renamed) {
				return
			}
			if t.Kind == weights.Bytes {
				continue
			}
			asBytes := weights.Tensor{Name: t.Name, Shape: t.Shape, Kind: weights.Bytes, Bytes: make([]byte, len(t.Float32))}
			if !put("as bytes", asBytes) {
				return
			}
			for _, v := range []float32{0, -1, 65504, math.MaxFloat32, math.SmallestNonzeroFloat32} {
				full := t
				full.Kind = weights.F32
				full.Float32 = slices.Repeat([]float32{v}, len(t.Float32))
				if !put(fmt.Sprintf("full of %g", v), full) {
					return
				}
			}
		}
	}
}

func parts(good weights.File) iter.Seq2[string, weights.File] {
	return func(yield func(string, weights.File) bool) {
		for i, part := range good.Parts {
			f := good
			f.Parts = slices.Delete(slices.Clone(good.Parts), i, i+1)
			if !yield("part "+part+" missing", f) {
				return
			}
		}
	}
}

// texts yields bombs and escapes in the texts of a file.
func texts(good weights.File) iter.Seq2[string, weights.File] {
	content := map[string]string{
		"empty": "\n", "line breaks": strings.Repeat("\n", 1<<20), "a long line": strings.Repeat("x", 1<<20), "zero bytes": strings.Repeat("\x00", 4096),
		"escapes": "\x1b[31m\n\u202e\n\x9b\n", "no UTF-8": "\xff\xfe\xfd\n", "the same line": strings.Repeat("x\n", 4096), "carriage returns": strings.Repeat("x\r\n", 64),
	}
	return func(yield func(string, weights.File) bool) {
		for _, name := range slices.Sorted(maps.Keys(content)) {
			text := content[name]
			for i, t := range good.Tensors {
				if t.Kind != weights.Bytes {
					continue
				}
				t.Bytes, t.Shape = []byte(text), []int{len(text)}
				f := good
				f.Tensors = slices.Replace(slices.Clone(good.Tensors), i, i+1, t)
				if !yield(t.Name+" of "+name, f) {
					return
				}
			}
			f := good
			f.Metadata = map[string]string{"roentgo.training": text[:min(len(text), 4096)], name: "x"}
			if !yield("training record of "+name, f) {
				return
			}
		}
	}
}
