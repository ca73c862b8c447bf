package provenance

import (
	"image"
	"strings"
)

// wordmark is the word "synthetic" in pixels: two rows of ascenders, five of
// x-height, two of descenders.
var wordmark = strings.Fields(`
...................#.............#.....
................#..#..........#........
.###.#..#.###..###.###...##..###.#..###
#....#..#.#..#..#..#..#.#..#..#..#.#...
.##..#..#.#..#..#..#..#.####..#..#.#...
...#.#..#.#..#..#..#..#.#.....#..#.#...
###...###.#..#...#.#..#..###...#.#..###
........#..............................
......##...............................
`)

const (
	markPadding = 2   // pixels of plate around the word
	markMargin  = 3   // pixels between plate and the image's edges
	markInk     = 235 // grey of the letters
	markPlate   = 0.7 // how much of what lies under the plate is taken away

	// markFor is the side of the image for which a pixel of the word is one
	// of the image.
	markFor = 256
)

// Mark returns a copy of img with the word "synthetic" in its lower right
// corner, light letters on a plate that darkens what is under it. The letters
// grow with the image, by whole pixels for every 256 of its smaller side; of
// an image too small for the word, its end remains.
func Mark(img *image.Gray) *image.Gray {
	marked := image.NewGray(img.Rect)
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		copy(marked.Pix[marked.PixOffset(img.Rect.Min.X, y):], img.Pix[img.PixOffset(img.Rect.Min.X, y):][:img.Rect.Dx()])
	}
	scale := max(1, (min(img.Rect.Dx(), img.Rect.Dy())+markFor/2)/markFor)
	width, height := len(wordmark[0])+2*markPadding, len(wordmark)+2*markPadding
	corner := img.Rect.Max.Sub(image.Pt(markMargin, markMargin).Mul(scale))
	plate := image.Rectangle{corner.Sub(image.Pt(width, height).Mul(scale)), corner}
	visible := plate.Intersect(img.Rect)
	for y := visible.Min.Y; y < visible.Max.Y; y++ {
		for x := visible.Min.X; x < visible.Max.X; x++ {
			at := &marked.Pix[marked.PixOffset(x, y)]
			if inked((x-plate.Min.X)/scale-markPadding, (y-plate.Min.Y)/scale-markPadding) {
				*at = markInk
			} else {
				*at = uint8(float64(*at) * (1 - markPlate))
			}
		}
	}
	return marked
}

// inked reports whether a pixel, counted from the word's corner, is a letter's.
func inked(x, y int) bool {
	return y >= 0 && y < len(wordmark) && x >= 0 && x < len(wordmark[y]) && wordmark[y][x] == '#'
}
