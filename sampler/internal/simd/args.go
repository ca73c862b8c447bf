//go:build js

package simd

import (
	"fmt"
	"math"
	"reflect"
)

// place is an address in the module's memory; 0 stands for an absent operand.
type place = uint32

// The arguments of the kernels. Each struct has the fields of the one of that
// name in kernels.h, in its order: TestArguments compares them.
type (
	linearArgs struct {
		x, weight, bias                             place
		out                                         place
		rows, depth, columns, taskRows, taskColumns int
	}
	convArgs struct {
		x, weight, bias                place
		out                            place
		batch, channels, height, width int
		outputs, outHeight, outWidth   int
		size, stride, padding          int
		taskOutputs, taskPixels        int
	}
	winogradArgs struct {
		x, weight, bias                      place
		out, v                               place
		channels, height, width, outputs     int
		tile                                 int
		first, count                         int
		taskGroups, taskChannels, taskPanels int
	}
	groupNormArgs struct {
		x, weight, bias          place
		out                      place
		groups, channels, pixels int
		eps                      float32
		scale, shift             place
		scaleStride, shiftStride int
		silu                     int
	}
	layerNormArgs struct {
		x, weight, bias          place
		out                      place
		rows, features, taskRows int
		eps                      float32
	}
	unaryArgs struct {
		x            place
		out          place
		length, span int
	}
	attentionArgs struct {
		q, k, v, mask                               place
		out                                         place
		queries, keys, features, heads, taskQueries int
	}
	embeddingArgs struct {
		table, ids                     place
		out                            place
		rows, features, count, taskIDs int
	}
	meanTokensArgs struct {
		x, mask          place
		out              place
		tokens, features int
	}
	binaryArgs struct {
		x, y       place
		out        place
		blocks     [2]int
		inner, row int
		strides    [4]int
		taskRows   int
	}
	copyArgs struct {
		x                                place
		out                              place
		length, xStride, outStride, span int
	}
	planesArgs struct {
		x             place
		out           place
		height, width int
		plane, line   int
		factor        int
	}
	timestepArgs struct {
		t           place
		frequencies place
		out         place
		half        int
	}
	transposeArgs struct {
		x             place
		out           place
		blocks        [2]int
		height, width int
		strides       [4]int
		taskRows      int
	}
)

// wordsOf lays the fields of a struct of arguments out as C does: each is a
// word, or an array of words.
func wordsOf(args any) []uint32 {
	var words []uint32
	v := reflect.ValueOf(args)
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Uint32:
			words = append(words, uint32(f.Uint()))
		case reflect.Int:
			words = append(words, uint32(f.Int()))
		case reflect.Float32:
			words = append(words, math.Float32bits(float32(f.Float())))
		case reflect.Array:
			for k := range f.Len() {
				words = append(words, uint32(f.Index(k).Int()))
			}
		default:
			panic(fmt.Sprintf("simd: arguments of type %s", f.Type()))
		}
	}
	return words
}
