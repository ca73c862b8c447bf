package shaders

import (
	"slices"
	"testing"
)

func TestParams(t *testing.T) {
	got, err := parseParams("struct Params {\n  a: vec4<u32>, // four\n  m: mat4x4<f32>,\n  b: vec2<f32>,\n  c: u32,\n  d: f32, // one\n}\n")
	want := []Field{{"a", 4, false}, {"m", 16, true}, {"b", 2, true}, {"c", 1, false}, {"d", 1, true}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for name, source := range map[string]string{
		"none":            "struct Other {\n  a: u32,\n}\n",
		"a type":          "struct Params {\n  a: bool,\n}\n",
		"before a matrix": "struct Params {\n  a: vec2<u32>,\n  b: mat4x4<f32>,\n}\n",
		"a gap":           "struct Params {\n  a: u32,\n  b: vec4<u32>,\n}\n",
	} {
		if _, err := parseParams(source); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, s := range All() {
		if fields, err := s.Params(); err != nil || len(fields) < 3 {
			t.Errorf("%s: %v, %v", s.File, fields, err)
		}
	}
}
