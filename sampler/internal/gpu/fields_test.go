package gpu

import (
	"math"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/shaders"
)

func TestFields(t *testing.T) {
	good := func() fields { return fields{"x": 7, "y": 8, "size": 3, "count": 5, "eps": float32(0.5)} }
	got, err := good().words(shaders.LayerNorm)
	if want := []uint32{7, 8, 3, 5, math.Float32bits(0.5)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for name, spoil := range map[string]func(f fields){
		"a field without a value": func(f fields) { delete(f, "size") },
		"an unknown field":        func(f fields) { f["sise"] = 1 },
		"a misspelt field":        func(f fields) { delete(f, "size"); f["sise"] = 1 },
		"a whole number as float": func(f fields) { f["eps"] = 1 },
		"a vector":                func(f fields) { f["size"] = []int{1, 2} },
		"another type":            func(f fields) { f["size"] = uint32(1) },
	} {
		f := good()
		spoil(f)
		if _, err := f.words(shaders.LayerNorm); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
