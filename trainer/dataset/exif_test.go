package dataset

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// lying stores an image as a camera does that was held by an EXIF orientation:
// turned by the inverse of what the file then asks for.
func lying(t *testing.T, upright *image.Gray, o int) []byte {
	t.Helper()
	inverse := map[int]int{6: 8, 8: 6}
	back, ok := inverse[o]
	if !ok {
		back = o
	}
	stored := image.NewGray(upright.Rect)
	stored.Pix = turn(upright.Pix, upright.Rect.Dx(), back)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stored, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), byte(o), 0, 0, 0, 0, 0, 0)
	return append(append([]byte("\xff\xd8"), exif...), b.Bytes()[2:]...)
}

func square(t *testing.T) *image.Gray {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(chest(64, 64, false)))
	if err != nil {
		t.Fatal(err)
	}
	return img.(*image.Gray)
}

// TestOrientation: an image is the same however the camera was held. What the
// orientations mean is held to three pixels of a small image.
func TestOrientation(t *testing.T) {
	upright := square(t)
	for o := 1; o <= 8; o++ {
		data := lying(t, upright, o)
		p, err := usable(data, 64, FitSquash)
		if err != nil {
			t.Fatal(err)
		}
		worst := 0
		for i, v := range p.pixels {
			worst = max(worst, int(v)-int(upright.Pix[i]), int(upright.Pix[i])-int(v))
		}
		if worst > 40 || p.Inverted || (p.Orientation > 1) != (o > 1) { // JPEG's own error is below that
			t.Errorf("orientation %d: pixels differ by %d, inverted %v", o, worst, p.Inverted)
		}
	}
	// 6: the first row is seen at the right, the first column at the top.
	if got := turn([]byte{1, 2, 3, 4}, 2, 6); !bytes.Equal(got, []byte{3, 1, 4, 2}) {
		t.Errorf("orientation 6: %v", got)
	}
	if got := turn([]byte{1, 2, 3, 4}, 2, 8); !bytes.Equal(got, []byte{2, 4, 1, 3}) {
		t.Errorf("orientation 8: %v", got)
	}
}

// TestFormats reads the other formats that images come in.
func TestFormats(t *testing.T) {
	upright := square(t)
	want, err := usable(chest(64, 64, false), 32, FitSquash)
	if err != nil {
		t.Fatal(err)
	}
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"TIFF": func(b *bytes.Buffer) error { return tiff.Encode(b, upright, nil) },
		"BMP":  func(b *bytes.Buffer) error { return bmp.Encode(b, upright) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		if got, err := usable(b.Bytes(), 32, FitSquash); err != nil || !bytes.Equal(got.pixels, want.pixels) {
			t.Errorf("%s: other pixels, %v", name, err)
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if o := orientation(data); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}
