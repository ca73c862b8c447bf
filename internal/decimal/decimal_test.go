package decimal

import (
	"errors"
	"math"
	"testing"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "010": 10, "08": 8, " 7 ": 7, "18446744073709551615": math.MaxUint64} {
		if got, err := Uint64(text); err != nil || got != want {
			t.Errorf("Uint64(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]int{"0": 0, "010": 10, "-08": -8, "\t7": 7} {
		if got, err := Int(text); err != nil || got != want {
			t.Errorf("Int(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"010": 10, "0.50": 0.5, ".5": 0.5, "5.": 5, "1e-4": 1e-4, "-2": -2} {
		if got, err := Float64(text); err != nil || got != want {
			t.Errorf("Float64(%q) = %g, %v; want %g", text, got, err, want)
		}
	}
	none := []string{"", "-", "+1", "0x10", "0b1", "0o7", "1_000", "1,000", "NaN", "Inf", "-inf", "infinity", "1e999", "0x1p4", "٣", "７", "1 2"}
	for _, text := range none {
		if n, err := Uint64(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("Uint64(%q) = %d, %v", text, n, err)
		}
		if n, err := Int(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("Int(%q) = %d, %v", text, n, err)
		}
		if f, err := Float64(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("Float64(%q) = %g, %v", text, f, err)
		}
	}
	for _, text := range []string{"-1", "18446744073709551616", "1.0", "1e3"} {
		if n, err := Uint64(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("Uint64(%q) = %d, %v", text, n, err)
		}
	}
}

func FuzzFloat64(f *testing.F) {
	for _, text := range []string{"010", "-1e5", ".", "1e", "0x1p-2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := Float64(text); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("Float64(%q) = %g", text, v)
		}
		n, err := Uint64(text)
		if v, also := Float64(text); err == nil && (also != nil || v != float64(n)) {
			t.Errorf("%q is %d and %g (%v)", text, n, v, also)
		}
	})
}
