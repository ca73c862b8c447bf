package dataset

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"github.com/roentgo/roentgo/internal/specimen"
)

// real is a chest X-ray of 8 bits as it is shown.
func real(t *testing.T) *image.Gray {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(filepath.Dir(specimen.Manifest()), "images", "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no specimen: %v", err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// as draws a radiograph into another kind of image, pixel by pixel.
func as[I draw.Image](grey *image.Gray, out I, set func(out I, x, y int, v uint8)) I {
	for y := range grey.Rect.Dy() {
		for x := range grey.Rect.Dx() {
			set(out, x, y, grey.GrayAt(x, y).Y)
		}
	}
	return out
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// likeness is the correlation of two images, and their mean difference, where
// both are inside of a margin.
func likeness(a, b []byte, size, margin int) (correlation, difference float64) {
	var sa, sb, aa, bb, ab, n float64
	for y := margin; y < size-margin; y++ {
		for x := margin; x < size-margin; x++ {
			p, q := float64(a[y*size+x]), float64(b[y*size+x])
			sa, sb, aa, bb, ab, n = sa+p, sb+q, aa+p*p, bb+q*q, ab+p*q, n+1
			difference += math.Abs(p - q)
		}
	}
	return (ab/n - sa/n*sb/n) / math.Sqrt((aa/n-sa/n*sa/n)*(bb/n-sb/n*sb/n)), difference / n
}

const storedMargin = 24 // pixels of the frames that TestStored draws

// TestStored prepares one radiograph as files store it. Each gives what the
// plain one gives, within its frame, and the record says what was done.
func TestStored(t *testing.T) {
	plain := real(t)
	r := plain.Rect
	framed := func(x, y int) bool {
		return x < storedMargin || y < storedMargin || x >= r.Dx()-storedMargin || y >= r.Dy()-storedMargin
	}
	mark := func(x, y int) bool { return x > 30 && x < 50 && y > 30 && y < 40 }
	deep := func(value func(x, y int, v uint16) uint16) image.Image {
		return as(plain, image.NewGray16(r), func(out *image.Gray16, x, y int, v uint8) {
			out.SetGray16(x, y, color.Gray16{Y: value(x, y, uint16(v))})
		})
	}
	deepColour := func(scale uint16) image.Image {
		return as(plain, image.NewRGBA64(r), func(out *image.RGBA64, x, y int, v uint8) {
			w := uint16(v) * scale
			out.SetRGBA64(x, y, color.RGBA64{R: w, G: w, B: w, A: 0xffff})
		})
	}
	byteOf := func(value func(x, y int, v uint8) uint8) image.Image {
		return as(plain, image.NewGray(r), func(out *image.Gray, x, y int, v uint8) { out.SetGray(x, y, color.Gray{Y: value(x, y, v)}) })
	}
	alpha := func(a func(x, y int) uint8) image.Image {
		return as(plain, image.NewNRGBA(r), func(out *image.NRGBA, x, y int, v uint8) {
			out.SetNRGBA(x, y, color.NRGBA{R: v, G: v, B: v, A: a(x, y)})
		})
	}
	grey := make(color.Palette, 256)
	for i := range grey {
		grey[i] = color.Gray{Y: uint8(255 - i)}
	}
	want, err := usable(pngOf(t, plain), 64, FitSquash)
	if err != nil || want.Inverted || want.Window != nil {
		t.Fatalf("%+v, %v", want.Stored, err)
	}
	for name, c := range map[string]struct {
		img                        image.Image
		windowed, hidden, inverted bool
	}{
		"10 bits":                        {deep(func(_, _ int, v uint16) uint16 { return v * 4 }), true, false, false},
		"12 bits":                        {deep(func(_, _ int, v uint16) uint16 { return v * 16 }), true, false, false},
		"14 bits from 1000":              {deep(func(_, _ int, v uint16) uint16 { return 1000 + v*50 }), true, false, false},
		"16 bits":                        {deep(func(_, _ int, v uint16) uint16 { return v * 257 }), true, false, false},
		"12 bits, colour":                {deepColour(16), true, false, false},
		"16 bits, colour":                {deepColour(257), true, false, false},
		"12 bits, padding at full scale": {deep(func(x, y int, v uint16) uint16 { return map[bool]uint16{true: 65535, false: v * 16}[framed(x, y)] }), true, true, false},
		"12 bits, mark at full scale":    {deep(func(x, y int, v uint16) uint16 { return map[bool]uint16{true: 65535, false: v * 16}[mark(x, y)] }), true, false, false},
		"12 bits, padding below":         {deep(func(x, y int, v uint16) uint16 { return map[bool]uint16{true: 0, false: 3000 + v*16}[framed(x, y)] }), true, true, false},
		"12 bits, a negative, padding at zero": {deep(func(x, y int, v uint16) uint16 {
			return map[bool]uint16{true: 0, false: 3000 + (255-v)*16}[framed(x, y)]
		}), true, true, true},
		"12 bits, a negative, padding at the top": {deep(func(x, y int, v uint16) uint16 {
			return map[bool]uint16{true: 65535, false: (255 - v) * 16}[framed(x, y)]
		}), true, true, true},
		"8 bits, dark beneath an overlay": {byteOf(func(x, y int, v uint8) uint8 { return map[bool]uint8{true: 255, false: v / 5}[mark(x, y)] }), true, false, false},
		"negative":                        {byteOf(func(_, _ int, v uint8) uint8 { return 255 - v }), false, false, true},
		"negative in a black frame":       {byteOf(func(x, y int, v uint8) uint8 { return map[bool]uint8{true: 0, false: 255 - v}[framed(x, y)] }), false, true, true},
		"negative in a white frame":       {byteOf(func(x, y int, v uint8) uint8 { return map[bool]uint8{true: 255, false: 255 - v}[framed(x, y)] }), false, false, true},
		"white frame":                     {byteOf(func(x, y int, v uint8) uint8 { return map[bool]uint8{true: 255, false: v}[framed(x, y)] }), false, true, false},
		"palette":                         {as(plain, image.NewPaletted(r, grey), func(out *image.Paletted, x, y int, v uint8) { out.SetColorIndex(x, y, 255-v) }), false, false, false},
		"colours":                         {alpha(func(int, int) uint8 { return 255 }), false, false, false},
		"transparent frame":               {alpha(func(x, y int) uint8 { return map[bool]uint8{true: 0, false: 255}[framed(x, y)] }), false, true, false},
		"alpha of zero":                   {alpha(func(int, int) uint8 { return 0 }), false, false, false},
	} {
		p, err := usable(pngOf(t, c.img), 64, FitSquash)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if like, off := likeness(p.pixels, want.pixels, 64, 64*storedMargin/r.Dx()+2); like < 0.98 || off > 20 {
			t.Errorf("%s: a correlation of %.3f with the plain image, a difference of %.1f", name, like, off)
		}
		if (p.Window != nil) != c.windowed || (p.Hidden > 0) != c.hidden || p.Inverted != c.inverted {
			t.Errorf("%s: %+v", name, p.Stored)
		}
		if c.hidden && p.pixels[0] != 0 {
			t.Errorf("%s: padding is %d, want black", name, p.pixels[0])
		}
	}
}

// TestColours: luminance is kept of an image with colours, and CMYK is read.
func TestColours(t *testing.T) {
	plain := real(t)
	want, err := usable(pngOf(t, plain), 64, FitSquash)
	if err != nil {
		t.Fatal(err)
	}
	blue := as(plain, image.NewRGBA(plain.Rect), func(out *image.RGBA, x, y int, v uint8) {
		out.SetRGBA(x, y, color.RGBA{R: v / 2, G: v, B: min(v, 200) + 55, A: 255})
	})
	if p, err := usable(pngOf(t, blue), 64, FitSquash); err != nil || !p.Coloured {
		t.Errorf("blue: %+v, %v", p.Stored, err)
	}
	cmyk := as(plain, image.NewCMYK(plain.Rect), func(out *image.CMYK, x, y int, v uint8) { out.SetCMYK(x, y, color.CMYK{K: 255 - v}) })
	p, err := greyFilm(cmyk).prepare(64, FitSquash, 1)
	if err != nil || p.Coloured {
		t.Fatalf("CMYK: %+v, %v", p.Stored, err)
	}
	if like, off := likeness(p.pixels, want.pixels, 64, 0); like < 0.999 || off > 1 {
		t.Errorf("CMYK: a correlation of %.3f, a difference of %.1f", like, off)
	}
	var b bytes.Buffer
	if err := tiff.Encode(&b, as(plain, image.NewPaletted(plain.Rect, palette.Plan9), func(out *image.Paletted, x, y int, v uint8) { out.Set(x, y, color.Gray{Y: v}) }), nil); err != nil {
		t.Fatal(err)
	}
	if p, err := usable(b.Bytes(), 64, FitSquash); err != nil {
		t.Errorf("TIFF with a palette: %v", err)
	} else if like, _ := likeness(p.pixels, want.pixels, 64, 0); like < 0.98 {
		t.Errorf("TIFF with a palette: a correlation of %.3f", like)
	}
}

// TestBlankDeep: noise of a few grey values in 16 bits is no image.
func TestBlankDeep(t *testing.T) {
	img := as(real(t), image.NewGray16(image.Rect(0, 0, 64, 64)), func(out *image.Gray16, x, y int, v uint8) {
		out.SetGray16(x, y, color.Gray16{Y: 100 + uint16(v%8)})
	})
	if _, err := usable(pngOf(t, img), 32, FitSquash); err == nil || !strings.HasPrefix(err.Error(), "blank: ") {
		t.Errorf("%v, want that it is blank", err)
	}
}

// TestContactSheet: the sheet shows the images that the summary names, row by
// row.
func TestContactSheet(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	sum, err := Prepare(context.Background(), Options{Manifests: []string{makeManifest(t, 100)}, Out: out, Size: 16})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(out, sheetFile))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.ContactSheet) != 64 || img.Bounds() != image.Rect(0, 0, 128, 128) || sum.Windowed != 100 || sum.WindowRule == "" {
		t.Fatalf("%d files on a sheet of %v; %+v", len(sum.ContactSheet), img.Bounds(), sum)
	}
	p, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x := make([]float32, 256)
	for i, file := range sum.ContactSheet {
		for k, r := range p.Records {
			if r.File != file {
				continue
			}
			p.Image(k, x)
			for j, v := range x {
				if got := img.At(i%8*16+j%16, i/8*16+j/16).(color.Gray).Y; got != uint8(math.Round(float64(v+1)*127.5)) {
					t.Fatalf("tile %d, %s: pixel %d is %d", i, file, j, got)
				}
			}
		}
	}
}
