package graph

import "testing"

func TestStrides(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want [4]int
	}{
		{"rank of a scalar", Rank4(nil), [4]int{1, 1, 1, 1}},
		{"rank of a matrix", Rank4([]int{2, 3}), [4]int{1, 1, 2, 3}},
		{"strides", Strides([4]int{2, 3, 4, 5}), [4]int{60, 20, 5, 1}},
		{"repeated", Repeated([4]int{2, 1, 4, 1}), [4]int{4, 0, 1, 0}},
		{"transposed", Transposed([]int{2, 3, 4}, [2]int{1, 2}), [4]int{24, 12, 1, 4}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}
