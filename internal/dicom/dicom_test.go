package dicom

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// ramp12 are four by two pixels of 12 bits.
var ramp12 = []int{0, 100, 1000, 2000, 2048, 3000, 4000, 4095}

func reversed(list []int) []int {
	out := slices.Clone(list)
	for i := range out {
		out[i] = 4095 - out[i]
	}
	return out
}

// rampFile is a file of ramp12 with what more adds before the pixels.
func rampFile(transfer, photometric string, more func(*builder)) []byte {
	b := newFile(transfer)
	b.text(tag.PatientID, "LO", "P7")
	b.picture(photometric, 4, 2, 16, 12, false)
	if more != nil {
		more(b)
	}
	b.words(tag.PixelData, "OW", ramp12...)
	return b.Bytes()
}

func TestImage(t *testing.T) {
	window := func(center, width, function string) func(*builder) {
		return func(b *builder) {
			b.text(tag.WindowCenter, "DS", center)
			b.text(tag.WindowWidth, "DS", width)
			if function != "" {
				b.text(tag.VOILUTFunction, "CS", function)
			}
		}
	}
	for name, c := range map[string]struct {
		file           []byte
		want           []int
		deep, windowed bool
		hidden         int
	}{
		"explicit":        {rampFile(explicitLittle, "MONOCHROME2", nil), ramp12, true, false, 0},
		"implicit":        {rampFile(implicitLittle, "MONOCHROME2", nil), ramp12, true, false, 0},
		"big-endian":      {rampFile(explicitBig, "MONOCHROME2", nil), ramp12, true, false, 0},
		"negative":        {rampFile(explicitLittle, "MONOCHROME1", nil), reversed(ramp12), true, false, 0},
		"falling rescale": {rampFile(explicitLittle, "MONOCHROME2", rescale("-1", "4095")), reversed(ramp12), true, false, 0},
		// (v − 2047.5) / 4095 + 0.5 of 255: PS3.3, C.11.2.1.2.1
		"window":           {rampFile(explicitLittle, "MONOCHROME2", window("2048", "4096", "")), []int{0, 6, 62, 125, 128, 187, 249, 255}, false, true, 0},
		"window, negative": {rampFile(explicitLittle, "MONOCHROME1", window("2048", "4096", "")), []int{255, 249, 193, 130, 127, 68, 6, 0}, false, true, 0},
		"window, two":      {rampFile(explicitLittle, "MONOCHROME2", window(`2048\100`, `4096\10`, "")), []int{0, 6, 62, 125, 128, 187, 249, 255}, false, true, 0},
		"window, exact":    {rampFile(explicitLittle, "MONOCHROME2", window("1000", "2000", "LINEAR_EXACT")), []int{0, 13, 128, 255, 255, 255, 255, 255}, false, true, 0},
		"window, sigmoid":  {rampFile(explicitLittle, "MONOCHROME2", window("2048", "1000", "SIGMOID")), []int{0, 0, 4, 115, 128, 249, 255, 255}, false, true, 0},
		"window, rescaled": {rampFile(explicitLittle, "MONOCHROME2", func(b *builder) { window("0", "4096", "")(b); rescale("1", "-2048")(b) }), []int{0, 6, 62, 125, 128, 187, 249, 255}, false, true, 0},
		"window of none":   {rampFile(explicitLittle, "MONOCHROME2", window("2048", "NaN", "")), ramp12, true, false, 0},
		"table":            {rampFile(explicitLittle, "MONOCHROME2", table), []int{0, 0, 85, 255, 255, 255, 255, 255}, false, true, 0},
		"padding":          {rampFile(explicitLittle, "MONOCHROME2", func(b *builder) { b.words(tag.PixelPaddingValue, "US", 4095) }), ramp12, true, false, 1},
		"padding to 3000": {rampFile(explicitLittle, "MONOCHROME2", func(b *builder) {
			b.words(tag.PixelPaddingValue, "US", 4095)
			b.words(tag.PixelPaddingRangeLimit, "US", 3000)
		}), ramp12, true, false, 3},
		"signed":         {signed(), []int{0, 1948, 2048, 4095}, true, false, 0},
		"above overlays": {overlays(), []int{1, 4095}, true, false, 0},
		"bytes":          {plainBytes("MONOCHROME2", false, 0, 100, 200, 255), []int{0, 100, 200, 255}, false, false, 0},
		"RGB":            {plainBytes("RGB", false, 255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7), []int{76, 150, 29, 7}, false, false, 0},
		"RGB in planes":  {plainBytes("RGB", true, 255, 0, 0, 7, 0, 255, 0, 7, 0, 0, 255, 7), []int{76, 150, 29, 7}, false, false, 0},
		"YBR":            {plainBytes("YBR_FULL", false, 9, 128, 128, 50, 1, 2, 100, 3, 4, 255, 5, 6), []int{9, 50, 100, 255}, false, false, 0},
		"run-length":     {runLengths(), []int{0x0101, 0x0101, 0x0203, 0x0405}, true, false, 0},
	} {
		f, err := read(c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		img, err := f.Image(true)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []int
		for _, v := range img.Levels {
			got = append(got, int(v))
		}
		hidden := 0
		for _, h := range img.Hidden {
			if h {
				hidden++
			}
		}
		if !slices.Equal(got, c.want) || img.Deep != c.deep || img.Windowed != c.windowed || hidden != c.hidden {
			t.Errorf("%s: %v, deep %v, windowed %v, %d hidden; want %v, %v, %v, %d", name, got, img.Deep, img.Windowed, hidden, c.want, c.deep, c.windowed, c.hidden)
		}
	}
	f, err := read(rampFile(explicitLittle, "MONOCHROME2", window("100", "50", "")))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := f.Image(false); err != nil || img.Windowed || !img.Deep || f.Text(tag.PatientID) != "P7" {
		t.Errorf("without the file's window: %+v, %v", img, err)
	}
}

func rescale(slope, intercept string) func(*builder) {
	return func(b *builder) {
		b.text(tag.RescaleIntercept, "DS", intercept)
		b.text(tag.RescaleSlope, "DS", slope)
	}
}

// table adds a VOI table of four entries from 999, in a sequence.
func table(b *builder) {
	item := &builder{order: b.order}
	item.words(tag.LUTDescriptor, "US", 4, 999, 8)
	item.words(tag.LUTData, "US", 0, 85, 170, 255)
	b.head(tag.VOILUTSequence, "SQ", undefined)
	b.head(tag.Item, "", uint32(item.Len()))
	b.Write(item.Bytes())
	b.head(tag.SequenceDelimitationItem, "", 0)
}

func signed() []byte {
	b := newFile(explicitLittle)
	b.picture("MONOCHROME2", 2, 2, 16, 12, true)
	b.words(tag.PixelData, "OW", -2048, -100, 0, 2047)
	return b.Bytes()
}

// overlays has bits of an overlay above those of the pixels.
func overlays() []byte {
	b := newFile(explicitLittle)
	b.picture("MONOCHROME2", 2, 1, 16, 12, false)
	b.words(tag.PixelData, "OW", 0xf001, 0x1fff)
	return b.Bytes()
}

func plainBytes(photometric string, planes bool, values ...byte) []byte {
	b := newFile(explicitLittle)
	b.picture(photometric, 2, 2, 8, 8, false)
	if planes {
		b.words(tag.PlanarConfiguration, "US", 1)
	}
	b.add(tag.PixelData, "OB", values)
	return b.Bytes()
}

func runLengths() []byte {
	b := newFile(rle)
	b.picture("MONOCHROME2", 2, 2, 16, 16, false)
	head := make([]byte, 64)
	binary.LittleEndian.PutUint32(head, 2)
	binary.LittleEndian.PutUint32(head[4:], 64)
	binary.LittleEndian.PutUint32(head[8:], 70)
	b.pieces(append(head, 0xff, 1, 1, 2, 4, 0x80, 0xff, 1, 1, 3, 5, 0x80))
	return b.Bytes()
}

// TestJPEG: pixels of JPEG baseline, in two pieces.
func TestJPEG(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 32, 16))
	for i := range img.Pix {
		img.Pix[i] = uint8(i % 32 * 8)
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	half := j.Len() / 4 * 2
	b := newFile(baseline)
	b.picture("MONOCHROME2", 32, 16, 8, 8, false)
	b.pieces(j.Bytes()[:half], j.Bytes()[half:])
	f, err := Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Image(true)
	if err != nil || got.Deep {
		t.Fatalf("%v, deep %v", err, got.Deep)
	}
	for i, v := range got.Levels {
		if d := int(v) - int(img.Pix[i]); d < -3 || d > 3 {
			t.Fatalf("pixel %d is %d, want %d", i, v, img.Pix[i])
		}
	}
}

// TestRefused: what is not read ends in one clear error.
func TestRefused(t *testing.T) {
	coded := newFile(jpeg2000)
	coded.picture("MONOCHROME2", 4, 2, 16, 12, false)
	coded.pieces([]byte{0xff, 0x4f})
	alien := newFile("1.2.3")
	frames := rampFile(explicitLittle, "MONOCHROME2", func(b *builder) { b.text(tag.NumberOfFrames, "IS", "2") })
	short := newFile(explicitLittle)
	short.picture("MONOCHROME2", 40, 20, 16, 12, false)
	short.words(tag.PixelData, "OW", ramp12...)
	none := newFile(explicitLittle)
	none.picture("MONOCHROME2", 4, 2, 16, 12, false)
	for says, file := range map[string][]byte{
		"its pixels are JPEG 2000": coded.Bytes(), "an unknown form": alien.Bytes(), "2 frames": frames, "40×20 need 1600": short.Bytes(), "no pixel data": none.Bytes(),
		`photometric interpretation "PALETTE COLOR"`: rampFile(explicitLittle, "PALETTE COLOR", nil), "rescale slope": rampFile(explicitLittle, "MONOCHROME2", rescale("0", "1")),
		"it does not begin": []byte("\x89PNG"),
	} {
		f, err := read(file)
		if err == nil {
			_, err = f.Image(true)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// TestLengths: a length beyond the file is refused before room is made for it,
// whatever has it.
func TestLengths(t *testing.T) {
	const far = 0xfffffffe
	files := map[string]func(*builder){
		"OB":       func(b *builder) { b.head(tag.Tag{Group: 9, Element: 0x1001}, "OB", far) },
		"OW":       func(b *builder) { b.head(tag.Tag{Group: 9, Element: 0x1001}, "OW", far) },
		"UN":       func(b *builder) { b.head(tag.Tag{Group: 9, Element: 0x1001}, "UN", far) },
		"UT":       func(b *builder) { b.head(tag.Tag{Group: 9, Element: 0x1001}, "UT", far) },
		"OF":       func(b *builder) { b.head(tag.Tag{Group: 9, Element: 0x1001}, "OF", far) },
		"LO":       func(b *builder) { b.head(tag.PatientID, "LO", 0xfffe) },
		"US":       func(b *builder) { b.head(tag.Rows, "US", 0xfffe) },
		"pixels":   func(b *builder) { b.head(tag.PixelData, "OW", far) },
		"sequence": func(b *builder) { b.head(tag.VOILUTSequence, "SQ", far) },
		"item":     func(b *builder) { b.head(tag.VOILUTSequence, "SQ", undefined); b.head(tag.Item, "", far) },
		"within an item": func(b *builder) {
			b.head(tag.VOILUTSequence, "SQ", undefined)
			b.head(tag.Item, "", undefined)
			b.head(tag.LUTData, "OW", far)
		},
		"offsets": func(b *builder) { b.head(tag.PixelData, "OB", undefined); b.head(tag.Item, "", far) },
		"a piece": func(b *builder) {
			b.head(tag.PixelData, "OB", undefined)
			b.head(tag.Item, "", 0)
			b.head(tag.Item, "", far)
		},
	}
	for name, add := range files {
		b := newFile(explicitLittle)
		add(b)
		b.Write(make([]byte, 64))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := read(b.Bytes())
		runtime.ReadMemStats(&after)
		if room := after.TotalAlloc - before.TotalAlloc; err == nil || room > 1<<20 {
			t.Errorf("%s: %v, %d bytes of room", name, err, room)
		}
	}
	deep := newFile(explicitLittle)
	for range 10_000 {
		deep.head(tag.VOILUTSequence, "SQ", undefined)
		deep.head(tag.Item, "", undefined)
	}
	if _, err := read(deep.Bytes()); err == nil || !strings.Contains(err.Error(), "too many sequences") {
		t.Errorf("deep sequences: %v", err)
	}
	many := newFile(implicitLittle)
	for range maxElements + 1 {
		many.head(tag.PatientID, "LO", 0)
	}
	if _, err := read(many.Bytes()); err == nil || !strings.Contains(err.Error(), "too many elements") {
		t.Errorf("many elements: %v", err)
	}
	texts := newFile(implicitLittle)
	texts.add(tag.PatientComments, "LT", bytes.Repeat([]byte(`\`), maxValues+2))
	if _, err := read(texts.Bytes()); err == nil || !strings.Contains(err.Error(), "too much beside the image") {
		t.Errorf("long texts: %v", err)
	}
}

// FuzzRead: what the door lets in makes the library neither panic nor wait;
// Read's own net is not under it.
func FuzzRead(f *testing.F) {
	f.Add(rampFile(explicitLittle, "MONOCHROME2", table))
	f.Add(rampFile(implicitLittle, "MONOCHROME1", rescale("1", "0")))
	f.Add(rampFile(explicitBig, "MONOCHROME2", nil))
	f.Add(runLengths())
	f.Add(plainBytes("RGB", true, make([]byte, 12)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := read(data)
		if err != nil {
			return
		}
		for _, own := range []bool{false, true} {
			img, err := file.Image(own)
			if err != nil {
				return
			}
			if len(img.Levels) != img.Width*img.Height || img.Hidden != nil && len(img.Hidden) != len(img.Levels) {
				t.Errorf("%d levels of %d×%d pixels", len(img.Levels), img.Width, img.Height)
			}
			for _, v := range img.Levels {
				if !img.Deep && v > 255 {
					t.Fatalf("a level of %d in bytes", v)
				}
			}
		}
	})
}
