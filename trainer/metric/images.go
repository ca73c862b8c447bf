package metric

import "fmt"

// Clamp limits values to [−1, 1]. It returns an error if one is NaN.
func Clamp(x []float32) error {
	for i, v := range x {
		if v != v {
			return fmt.Errorf("metric: value %d of an image is not a number", i)
		}
		x[i] = min(max(v, -1), 1)
	}
	return nil
}

// Shrink reduces an image of size × size values to side × side. Each value is
// the mean of a square. It panics if size is not a multiple of side.
func Shrink(x []float32, size, side int) []float32 {
	if side < 1 || size%side != 0 || len(x) != size*size {
		panic(fmt.Sprintf("metric: %d values of %d a side cannot shrink to %d a side", len(x), size, side))
	}
	step := size / side
	out := make([]float32, side*side)
	for r := range size {
		row := out[r/step*side : (r/step+1)*side]
		for c, v := range x[r*size : (r+1)*size] {
			row[c/step] += v
		}
	}
	for i := range out {
		out[i] /= float32(step * step)
	}
	return out
}

// Mean returns the mean image, or nil without images.
func Mean(images [][]float32) []float32 {
	if len(images) == 0 {
		return nil
	}
	sum := make([]float64, len(images[0]))
	for _, x := range images {
		for i, v := range x {
			sum[i] += float64(v)
		}
	}
	out := make([]float32, len(sum))
	for i, v := range sum {
		out[i] = float32(v / float64(len(images)))
	}
	return out
}

// Difference returns a − b, or nil if one of them is nil.
func Difference(a, b []float32) []float32 {
	if a == nil || b == nil {
		return nil
	}
	out := make([]float32, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}
