package dataset

// invertedBelow is the contrast, as uprightContrast measures it, below which an
// image counts as a negative.
const invertedBelow = -20

// negative reports whether an image is dark where X-rays are bright. It is
// judged on the chest: what frames it, padding or collimator, does not count.
func negative(pixels []byte, size int) bool {
	return uprightContrast(pixels, size, content(pixels, size)) < invertedBelow
}

// box is a part of an image, from the first to before the last row and column.
type box struct{ x0, x1, y0, y1 int }

// uniform is by how much the grey values of a line of a frame differ.
const uniform = 6

// content is the part of an image within its frame: lines of one grey value at
// the edges, up to a third of the side from each.
func content(pixels []byte, size int) box {
	flat := func(start, step int) bool {
		low, high := byte(255), byte(0)
		for i := range size {
			v := pixels[start+i*step]
			low, high = min(low, v), max(high, v)
		}
		return high-low <= uniform
	}
	b := box{0, size, 0, size}
	for b.y0 < size/3 && flat(b.y0*size, 1) {
		b.y0++
	}
	for size-b.y1 < size/3 && flat((b.y1-1)*size, 1) {
		b.y1--
	}
	for b.x0 < size/3 && flat(b.x0, size) {
		b.x0++
	}
	for size-b.x1 < size/3 && flat(b.x1-1, size) {
		b.x1--
	}
	return b
}

// uprightContrast is by how much the spine and the heart are brighter than the
// lungs, and half of that by which the chest is brighter than the upper
// corners, where there is air: positive in a radiograph, negative in its
// negative.
func uprightContrast(pixels []byte, size int, in box) float64 {
	mean := func(x0, x1, y0, y1 float64) float64 {
		at := func(from, to int, f float64) int { return from + int(f*float64(to-from)) }
		sum, n := 0, 0
		for y := at(in.y0, in.y1, y0); y < at(in.y0, in.y1, y1); y++ {
			for x := at(in.x0, in.x1, x0); x < at(in.x0, in.x1, x1); x++ {
				sum += int(pixels[y*size+x])
				n++
			}
		}
		return float64(sum) / float64(max(n, 1))
	}
	middle := mean(0.46, 0.54, 0.31, 0.78)
	lungs := (mean(0.21, 0.35, 0.27, 0.59) + mean(0.65, 0.78, 0.27, 0.59)) / 2
	corners := (mean(0, 0.16, 0, 0.08) + mean(0.84, 1, 0, 0.08)) / 2
	return middle - lungs + (mean(0.25, 0.75, 0.25, 0.75)-corners)/2
}
