package specimen

import (
	"errors"
	"image"
	"image/png"
	"os"
	"testing"
)

// WritePNG writes an image to a file.
func WritePNG(t testing.TB, path string, img image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
}
