package provenance

import (
	"image"
	"math"
)

// meanSquare is how much a watermark changes an image on average, in squares of
// grey levels: a peak signal-to-noise ratio of 45 dB.
const meanSquare = 255 * 255 / 31622.8

// How busy an image is around a pixel, in eighths of grey levels, is taken to
// be within these: a watermark is the stronger there.
const (
	calm           = 32
	busiest        = 192
	activityRadius = 4 // pixels
)

// Watermark returns a copy of img with a watermark of a key that carries bits:
// a spread spectrum in the middle frequencies (Cox, Kilian, Leighton and Shamoon
// 1997), stronger where the image is busy (Podilchuk and Zeng 1998), repeated in
// tiles (Kutter 1998). It changes a pixel by a grey level or two, with a peak
// signal-to-noise ratio of about 45 dB. [Detect] finds it.
//
// All is computed in whole numbers, or in single steps that IEEE 754 defines to
// the last bit: the same image, key and bits give the same pixels everywhere.
func Watermark(img *image.Gray, key Key, bits uint32) *image.Gray {
	marked := image.NewGray(img.Rect)
	width, height := img.Rect.Dx(), img.Rect.Dy()
	for y := range height {
		copy(marked.Pix[y*marked.Stride:][:width], img.Pix[y*img.Stride:][:width])
	}
	if width == 0 || height == 0 {
		return marked
	}
	tile := pattern(modulated(key, codeword(bits)))
	strength := activity(marked)
	change := func(x, y int) int64 {
		return int64(strength[y*width+x]) * tile[y%tileSide*tileSide+x%tileSide] >> 4
	}
	var energy uint64
	for y := range height {
		for x := range width {
			c := change(x, y)
			energy += uint64(c * c)
		}
	}
	if energy == 0 {
		return marked
	}
	const fraction = 24 // bits
	scale := int64(math.Sqrt(meanSquare/(float64(energy)/float64(width*height))) * (1 << fraction))
	for y := range height {
		row := marked.Pix[y*marked.Stride:][:width]
		for x := range row {
			v := int64(row[x]) + (change(x, y)*scale+1<<(fraction-1))>>fraction
			row[x] = uint8(min(max(v, 0), 255))
		}
	}
	return marked
}

// activity is how busy an image is around each pixel: the mean difference of
// neighbours, between calm and busiest.
func activity(img *image.Gray) []int32 {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	out := make([]int32, width*height)
	for y := range height {
		row := img.Pix[y*img.Stride:][:width]
		below := img.Pix[min(y+1, height-1)*img.Stride:][:width]
		for x := range row {
			v := int32(row[x])
			out[y*width+x] = distance(v, int32(row[min(x+1, width-1)])) + distance(v, int32(below[x]))
		}
	}
	boxSums(out, width, height, activityRadius)
	const area = (2*activityRadius + 1) * (2*activityRadius + 1)
	for i, v := range out {
		out[i] = min(calm+v*16/area, busiest)
	}
	return out
}

func distance(a, b int32) int32 { return max(a-b, b-a) }

// boxSums replaces each value of an image by the sum of those within radius of
// it, to each side. Beyond the edges the values are those at the edges.
func boxSums[T int32 | float64](values []T, width, height, radius int) {
	for y := range height {
		lineSums(values[y*width:], width, 1, radius)
	}
	for x := range width {
		lineSums(values[x:], height, width, radius)
	}
}

// lineSums does so for n values, step apart.
func lineSums[T int32 | float64](values []T, n, step, radius int) {
	line := make([]T, n)
	for i := range line {
		line[i] = values[i*step]
	}
	at := func(i int) T { return line[min(max(i, 0), n-1)] }
	var sum T
	for i := -radius; i <= radius; i++ {
		sum += at(i)
	}
	for i := range line {
		values[i*step] = sum
		sum += at(i+radius+1) - at(i-radius)
	}
}
