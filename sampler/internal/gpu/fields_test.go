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
	floats := fields{"on_vectors": make([]float32, 16), "on_prediction": []float32{1, 2, 3, 4}, "on_noise": make([]float32, 4), "prediction": 1,
		"latent": 2, "size": 3, "images": 4, "conditions": 1, "vectors": 1, "guidance": float32(1), "rescale": float32(0)}
	if got, err := floats.words(shaders.Step); err != nil || len(got) != 32 || got[19] != math.Float32bits(4) {
		t.Errorf("%v, %v; want 32 words, 4 at 19", got, err)
	}
	floats["on_noise"] = make([]float32, 3)
	if _, err := floats.words(shaders.Step); err == nil {
		t.Error("a vector of 3 for one of 4: accepted")
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
