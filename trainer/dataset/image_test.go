package dataset

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// FuzzImage decodes files of every format: what is no usable image is an error, and
// what is one has as many pixels as were asked for.
func FuzzImage(f *testing.F) {
	const side, size = 24, 16
	sources := []image.Image{image.NewGray(image.Rect(0, 0, side, side)), image.NewGray16(image.Rect(0, 0, side, side+4)), image.NewNRGBA(image.Rect(3, 3, side, side)),
		image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White, color.Transparent})}
	for _, img := range sources {
		set := img.(interface{ Set(x, y int, c color.Color) })
		for y := range side {
			for x := range side {
				set.Set(x, y, color.Gray{Y: uint8(10 * x * y)})
			}
		}
		for _, encode := range []func(io.Writer) error{
			func(w io.Writer) error { return png.Encode(w, img) },
			func(w io.Writer) error { return jpeg.Encode(w, img, nil) },
			func(w io.Writer) error { return bmp.Encode(w, img) },
			func(w io.Writer) error { return tiff.Encode(w, img, &tiff.Options{Compression: tiff.Deflate}) },
			func(w io.Writer) error { return tiff.Encode(w, img, nil) },
		} {
			var file bytes.Buffer
			if err := encode(&file); err != nil {
				f.Fatal(err)
			}
			f.Add(file.Bytes())
		}
	}
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x17\xc0\x05\x00\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			t.Skip("large images are slow, and bounded by checkSides")
		}
		for _, fit := range []Fit{FitSquash, FitCrop} {
			if p, err := usable(data, size, fit); err == nil && len(p.pixels) != size*size {
				t.Errorf("%d pixels, want %d", len(p.pixels), size*size)
			}
		}
	})
}
