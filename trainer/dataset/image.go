package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the formats that images come in
	_ "image/png"
	"math"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Fit says how an image that is not square becomes so.
type Fit string

const (
	FitSquash Fit = "squash" // both sides to the size, as the study did
	FitCrop   Fit = "crop"   // the short side to the size, and the centre of the long one
)

// What an image file may be at most: 100 megapixels hold any detector's.
const (
	maxPixels    = 100e6
	maxImageFile = 64 << 20
)

// decodeGray decodes an image file and brings it to size×size grey bytes by
// antialiased bilinear interpolation. Images of 16 bits, of which detectors
// use 10 to 14, are stretched to the range that they use.
func decodeGray(data []byte, size int, fit Fit) (pixels []byte, width, height int, err error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("not a readable image: %w", err)
	}
	if c.Width < 16 || c.Height < 16 || float64(c.Width)*float64(c.Height) > maxPixels {
		return nil, 0, 0, fmt.Errorf("%d×%d pixels are too few or too many", c.Width, c.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("damaged image: %w", err)
	}
	if deep, ok := img.(*image.Gray16); ok {
		img = stretch(deep)
	}
	return resize(img, size, fit), c.Width, c.Height, nil
}

// stretch maps the grey values of an image linearly from the range that all
// but a thousandth of its pixels at either end use to that of a byte.
func stretch(img *image.Gray16) *image.Gray {
	var count [1 << 16]int
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row := img.Pix[img.PixOffset(b.Min.X, y):]
		for x := range b.Dx() {
			count[int(row[2*x])<<8|int(row[2*x+1])]++
		}
	}
	rest := b.Dx() * b.Dy() / 1000
	lo, hi := 0, len(count)-1
	for n := count[lo]; n <= rest && lo < hi; n += count[lo] {
		lo++
	}
	for n := count[hi]; n <= rest && hi > lo; n += count[hi] {
		hi--
	}
	scale := 255 / float64(max(hi-lo, 1))
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row, to := img.Pix[img.PixOffset(b.Min.X, y):], out.Pix[out.PixOffset(b.Min.X, y):]
		for x := range b.Dx() {
			v := int(row[2*x])<<8 | int(row[2*x+1])
			to[x] = uint8(math.Round(float64(min(max(v, lo), hi)-lo) * scale))
		}
	}
	return out
}

func resize(img image.Image, size int, fit Fit) []byte {
	b := img.Bounds()
	if fit == FitCrop {
		side := min(b.Dx(), b.Dy())
		b = image.Rect(0, 0, side, side).Add(b.Min).Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	}
	if b.Dx() == size && b.Dy() == size {
		out := make([]byte, 0, size*size)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				out = append(out, color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			}
		}
		return out
	}
	// BiLinear of x/image widens its kernel when it shrinks, so it does not alias.
	dst := image.NewGray(image.Rect(0, 0, size, size))
	draw.BiLinear.Scale(dst, dst.Bounds(), img, b, draw.Src, nil)
	return dst.Pix
}

// The rules of image quality, set on 1,801 images of four sources: none of
// them is blank or taken for a negative, and of their negatives 99 of 100 are
// found.
const (
	minRange      = 32  // grey values between the 1st and the 99th percentile
	minDeviation  = 8   // standard deviation of the grey values
	maxAspect     = 1.6 // long side to short side
	invertedBelow = -20 // of the contrast that uprightContrast measures
)

// quality says why an image cannot be used, "" where it can, and whether it is
// a negative, dark where X-rays are bright.
func quality(pixels []byte, size, width, height int) (reason string, inverted bool) {
	if aspect := float64(max(width, height)) / float64(min(width, height)); aspect > maxAspect {
		return fmt.Sprintf("wrong aspect: %d×%d pixels, more than %g to 1", width, height, maxAspect), false
	}
	var count [256]int
	var sum, squares float64
	for _, p := range pixels {
		count[p]++
		sum += float64(p)
		squares += float64(p) * float64(p)
	}
	n := float64(len(pixels))
	if spread, deviation := percentile(count, len(pixels), 99)-percentile(count, len(pixels), 1), math.Sqrt(max(squares/n-sum/n*sum/n, 0)); spread < minRange || deviation < minDeviation {
		return fmt.Sprintf("blank: grey values of a range of %d and a deviation of %.1f, below %d and %d", spread, deviation, minRange, minDeviation), false
	}
	return "", uprightContrast(pixels, size) < invertedBelow
}

func percentile(count [256]int, n, percent int) int {
	seen := 0
	for v, c := range count {
		if seen += c; seen*100 >= n*percent {
			return v
		}
	}
	return 255
}

// uprightContrast is by how much the spine and the heart are brighter than the
// lungs, and half of that by which the chest is brighter than the upper
// corners, where there is air: positive in a radiograph, negative in its
// negative.
func uprightContrast(pixels []byte, size int) float64 {
	mean := func(x0, x1, y0, y1 float64) float64 {
		at := func(f float64) int { return int(f * float64(size)) }
		sum, n := 0, 0
		for y := at(y0); y < at(y1); y++ {
			for x := at(x0); x < at(x1); x++ {
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

func invert(pixels []byte) {
	for i := range pixels {
		pixels[i] = 255 - pixels[i]
	}
}
