package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is how a tensor is kept in a model file.
type Kind uint8

// The kinds of tensors. Int8 and Int4 are symmetric and group-wise: the tensor
// is seen as [out, rest], row-major, groups of g values run along rest, the
// last of a row may be short, and a value is q·scale with one binary16 scale
// a group.
const (
	F32   Kind = iota
	F16        // IEEE 754 binary16
	Int8       // q in −127…127
	Int4       // q in −8…7, two to a byte, the even one in the low half
	Bytes      // not numbers: a vocabulary, words
)

var kindNames = [...]string{"f32", "f16", "int8", "int4", "bytes"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind returns the kind of that name: f32, f16, int8, int4 or bytes.
func ParseKind(name string) (Kind, error) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("weights: no kind of tensor %q (there are f32, f16, int8, int4, bytes)", name)
}

// grid is a tensor seen as rows of groups.
type grid struct{ out, rest, group int }

func newGrid(shape []int, group int) grid {
	rest := 1
	for _, n := range shape[1:] {
		rest *= n
	}
	return grid{shape[0], rest, group}
}

// groups is the number of groups of a row.
func (g grid) groups() int { return (g.rest + g.group - 1) / g.group }

// quantize returns the codes of the values and their binary16 scales. The
// scale of a group is that of its largest magnitude, rounded, and a code is
// the nearest to the value under the rounded scale.
func (g grid) quantize(x []float32, kind Kind) (codes []int8, scales []uint16) {
	limit := float64(127)
	if kind == Int4 {
		limit = 7
	}
	codes, scales = make([]int8, len(x)), make([]uint16, g.out*g.groups())
	for r := range g.out {
		for k := range g.groups() {
			part := x[r*g.rest+k*g.group : r*g.rest+min((k+1)*g.group, g.rest)]
			var top float64
			for _, v := range part {
				top = max(top, math.Abs(float64(v)))
			}
			h := floatToHalf(float32(top / limit))
			scale := float64(halfToFloat(h))
			scales[r*g.groups()+k] = h
			if scale == 0 {
				continue // all are zero, or too small for any scale
			}
			for i, v := range part {
				q := math.RoundToEven(float64(v) / scale)
				codes[r*g.rest+k*g.group+i] = int8(min(max(q, -limit), limit))
			}
		}
	}
	return codes, scales
}

// rowBytes is the length of a row of int4 codes.
func (g grid) rowBytes() int { return (g.rest + 1) / 2 }

// pack4 puts two codes into a byte; each row begins with a byte of its own.
func (g grid) pack4(codes []int8) []byte {
	out := make([]byte, g.out*g.rowBytes())
	for r := range g.out {
		for i, q := range codes[r*g.rest : (r+1)*g.rest] {
			out[r*g.rowBytes()+i/2] |= byte(q) & 15 << (i % 2 * 4)
		}
	}
	return out
}

// dequantize writes the values of codes and scales, which are checked, to out.
func (g grid) dequantize(kind Kind, raw, scales []byte, out []float32) {
	for r := range g.out {
		for k := range g.groups() {
			scale := halfToFloat(binary.LittleEndian.Uint16(scales[2*(r*g.groups()+k):]))
			dst := out[r*g.rest : (r+1)*g.rest]
			from, end := k*g.group, min((k+1)*g.group, g.rest)
			if kind == Int8 {
				for i, q := range raw[r*g.rest:][from:end] {
					dst[from+i] = float32(int8(q)) * scale
				}
				continue
			}
			row := raw[r*g.rowBytes():]
			for i := from; i < end; i++ {
				q := int8(row[i/2]>>(i%2*4)<<4) >> 4
				dst[i] = float32(q) * scale
			}
		}
	}
}
