package graph

// Rank4 puts dimensions of 1 in front of a shape of at most four until it has
// four.
func Rank4(shape []int) [4]int {
	s := [4]int{1, 1, 1, 1}
	copy(s[4-len(shape):], shape)
	return s
}

// Strides are the distances, in values, of neighbours along each axis of a
// row-major tensor.
func Strides(shape [4]int) (s [4]int) {
	step := 1
	for i := 3; i >= 0; i-- {
		s[i] = step
		step *= shape[i]
	}
	return s
}

// Repeated are the strides of a tensor that is repeated along its axes of one
// element: 0 there.
func Repeated(shape [4]int) [4]int {
	s := Strides(shape)
	for i, d := range shape {
		if d == 1 {
			s[i] = 0
		}
	}
	return s
}

// Transposed are the strides of a tensor by the axes that it has after axes a and b
// of shape, of at most four, have changed places.
func Transposed(shape []int, axes [2]int) [4]int {
	s := Strides(Rank4(shape))
	a, b := axes[0]+4-len(shape), axes[1]+4-len(shape)
	s[a], s[b] = s[b], s[a]
	return s
}
