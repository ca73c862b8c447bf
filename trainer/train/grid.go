//go:build libtorch

package train

import (
	"image"
	"image/png"
	"io"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
)

// Gray turns values in [−1, 1] into an image of size×size, as the sampler does.
func Gray(x []float32, size int) *image.Gray { return (&sampler.Image{Size: size, Pix: x}).Gray() }

// WriteGrid draws images, row by row, columns to a row, into a PNG file.
func WriteGrid(path string, images []*image.Gray, columns int) error {
	size := images[0].Rect.Dx()
	rows := (len(images) + columns - 1) / columns
	out := image.NewGray(image.Rect(0, 0, columns*size, rows*size))
	for i, img := range images {
		for y := range size {
			copy(out.Pix[(i/columns*size+y)*out.Stride+i%columns*size:], img.Pix[y*img.Stride:y*img.Stride+size])
		}
	}
	return atomicfile.Write(path, true, func(w io.Writer) error { return png.Encode(w, out) })
}
