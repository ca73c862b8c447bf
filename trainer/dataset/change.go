package dataset

import "math"

// Change is a small change of an image that a chest X-ray could have been taken
// with. The zero value changes nothing. Images are never mirrored: the heart is
// on the left.
type Change struct {
	Zoom   float64 // 0 or more: the part of the side that is cut off
	X, Y   float64 // [−1, 1]: which part is kept, from one edge to the other
	Angle  float64 // radians, about the centre
	Bright float64 // the logarithm of the exponent of grey values in [0, 1]
}

// Apply writes src changed to dst, both size × size values in [−1, 1], by
// bilinear interpolation. Beyond an edge the values are the edge's.
func (c Change) Apply(dst, src []float32, size int) {
	scale, half := 1-c.Zoom, float64(size-1)/2
	room := c.Zoom * half
	sin, cos := math.Sincos(c.Angle)
	gamma := math.Exp(c.Bright)
	for i := range dst {
		x, y := float64(i%size)-half, float64(i/size)-half
		u := scale*(cos*x-sin*y) + half + c.X*room
		v := scale*(sin*x+cos*y) + half + c.Y*room
		grey := (bilinear(src, size, u, v) + 1) / 2
		if c.Bright != 0 {
			grey = math.Pow(min(max(grey, 0), 1), gamma)
		}
		dst[i] = float32(2*grey - 1)
	}
}

func bilinear(src []float32, size int, x, y float64) float64 {
	last := float64(size - 1)
	x, y = min(max(x, 0), last), min(max(y, 0), last)
	i, j := min(int(x), size-2), min(int(y), size-2)
	fx, fy := x-float64(i), y-float64(j)
	at := func(i, j int) float64 { return float64(src[j*size+i]) }
	return (1-fy)*((1-fx)*at(i, j)+fx*at(i+1, j)) + fy*((1-fx)*at(i, j+1)+fx*at(i+1, j+1))
}
