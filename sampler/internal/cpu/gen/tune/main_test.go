package main

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/internal/cpu"
)

// TestMeasured checks that the table covers the presets, for both arithmetics,
// with methods that can compute their shapes.
func TestMeasured(t *testing.T) {
	shapes, err := convolutions()
	if err != nil {
		t.Fatal(err)
	}
	if len(shapes) < 30 {
		t.Errorf("the presets have %d shapes", len(shapes))
	}
	for _, arithmetic := range []string{cpu.Fused, cpu.Plain} {
		for s := range shapes {
			if m, ok := cpu.Measured(arithmetic, s); !ok || !s.Fits(m) {
				t.Errorf("%s, %v: method %v, in the table %v: make tune", arithmetic, s, m, ok)
			}
		}
	}
}

// TestFastest measures one small shape with each arithmetic.
func TestFastest(t *testing.T) {
	s := cpu.Shape{In: 16, Out: 16, Height: 6, Width: 6} // F(4×4, 3×3) does not fit
	for _, instructions := range cpu.Instructions() {
		m, err := fastest(t.Context(), s, instructions, 1)
		if err != nil || !s.Fits(m) {
			t.Errorf("%s: %v, %v", instructions, m, err)
		}
	}
}
