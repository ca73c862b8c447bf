package dataset

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // the formats that images come in
	_ "image/png"
	"os"

	"golang.org/x/image/draw"
)

// Fit says how an image that is not square becomes so.
type Fit string

const (
	FitSquash Fit = "squash" // both sides to the size, as the study did
	FitCrop   Fit = "crop"   // the short side to the size, and the centre of the long one
)

// maxPixels bounds the size of an image before it is decoded: 100 megapixels
// hold any detector's.
const maxPixels = 100e6

// readGray decodes an image file and brings it to size×size grey bytes by
// antialiased bilinear interpolation.
func readGray(path string, size int, fit Fit) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	c, _, err := image.DecodeConfig(f)
	if err != nil {
		return nil, fmt.Errorf("not a readable image: %w", err)
	}
	if c.Width < 16 || c.Height < 16 || float64(c.Width)*float64(c.Height) > maxPixels {
		return nil, fmt.Errorf("%d×%d pixels are too few or too many", c.Width, c.Height)
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("damaged image: %w", err)
	}
	return resize(img, size, fit), nil
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
