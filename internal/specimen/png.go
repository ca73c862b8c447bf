package specimen

import (
	"image"
	"image/png"
	"io"
	"testing"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// WritePNG writes an image to a file.
func WritePNG(t testing.TB, path string, img image.Image) {
	t.Helper()
	if err := atomicfile.Write(path, true, func(w io.Writer) error { return png.Encode(w, img) }); err != nil {
		t.Fatal(err)
	}
}
