package dataset

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the formats that images come in
	_ "image/png"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"github.com/roentgo/roentgo/internal/dicom"
)

// Fit says how an image that is not square becomes so.
type Fit string

const (
	FitSquash Fit = "squash" // both sides to the size, as the study did
	FitCrop   Fit = "crop"   // the short side to the size, and the centre of the long one
)

// What an image file may be at most: 100 megapixels hold any detector's.
const (
	maxPixels    = dicom.MaxPixels
	maxImageFile = 64 << 20
)

// film is an image as a file stores it, in grey.
type film struct {
	width, height int
	levels        []uint16 // row-major
	deep          bool     // the levels are of 16 bits and need a window; else those of a byte
	hidden        []bool   // pixels that show nothing: transparent or padding; nil: none
	coloured      bool     // it had colours
	photometric   string   // of a DICOM file, or empty
	ownWindow     bool     // the DICOM file's window has made the levels
}

// decode decodes an image file.
func decode(data []byte) (*film, error) {
	if dicom.Is(data) {
		return decodeDICOM(data)
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("not a readable image: %w", err)
	}
	if err := checkSides(c.Width, c.Height); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("damaged image: %w", err)
	}
	return greyFilm(img), nil
}

func checkSides(width, height int) error {
	if width < 16 || height < 16 || float64(width)*float64(height) > maxPixels {
		return fmt.Errorf("wrong size: %d×%d pixels are too few or too many", width, height)
	}
	return nil
}

// picture is an image file as it goes into a prepared folder.
type picture struct {
	pixels []byte // size × size
	Stored
}

// usable decodes an image and holds it to the rules of quality. It is brought
// to size × size bytes, with a window where its grey values need one; one that
// its file says lies on its side is turned, a negative turned back.
func usable(data []byte, size int, fit Fit) (picture, error) {
	f, err := decode(data)
	if err != nil {
		return picture{}, err
	}
	return f.prepare(size, fit, orientation(data))
}

func (f *film) prepare(size int, fit Fit, orientation int) (p picture, err error) {
	if reason := wrongAspect(f.width, f.height); reason != nil {
		return p, reason
	}
	grey, err := f.window(&p.Stored)
	if err != nil {
		return p, err
	}
	p.Coloured, p.Photometric, p.OwnWindow = f.coloured, f.photometric, f.ownWindow
	if orientation > 1 {
		p.Orientation = orientation
	}
	p.pixels = turn(resize(grey, size, fit), size, orientation)
	if p.Inverted = negative(p.pixels, size); p.Inverted {
		if f.hidden != nil { // what shows nothing is black after the inversion too
			f.hide(grey, 255)
			p.pixels = turn(resize(grey, size, fit), size, orientation)
		}
		invert(p.pixels)
	}
	return p, nil
}

// hide gives the pixels that show nothing a grey value.
func (f *film) hide(grey *image.Gray, value uint8) {
	for i, hidden := range f.hidden {
		if hidden {
			grey.Pix[i] = value
		}
	}
}

// resize brings an image to size × size bytes by antialiased bilinear
// interpolation.
func resize(img *image.Gray, size int, fit Fit) []byte {
	b := img.Bounds()
	if fit == FitCrop {
		side := min(b.Dx(), b.Dy())
		b = image.Rect(0, 0, side, side).Add(image.Pt((b.Dx()-side)/2, (b.Dy()-side)/2))
	}
	dst := image.NewGray(image.Rect(0, 0, size, size))
	if b.Dx() == size && b.Dy() == size {
		draw.Copy(dst, image.Point{}, img, b, draw.Src, nil)
	} else {
		// BiLinear of x/image widens its kernel when it shrinks, so it does not alias.
		draw.BiLinear.Scale(dst, dst.Bounds(), img, b, draw.Src, nil)
	}
	return dst.Pix
}

func invert(pixels []byte) {
	for i := range pixels {
		pixels[i] = 255 - pixels[i]
	}
}
