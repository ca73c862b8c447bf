package dicom

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"
)

const losslessFirst = "1.2.840.10008.1.2.4.70"

// bitWriter writes bits as a scan has them.
type bitWriter struct {
	bytes.Buffer
	kept uint64
	n    int
}

func (w *bitWriter) put(v, n int) {
	w.kept, w.n = w.kept<<n|uint64(v), w.n+n
	for w.n >= 8 {
		b := byte(w.kept >> (w.n - 8))
		w.WriteByte(b)
		if b == 0xff {
			w.WriteByte(0)
		}
		w.n -= 8
	}
}

// flush fills the last byte with ones.
func (w *bitWriter) flush() {
	if w.n > 0 {
		w.put(1<<(8-w.n)-1, 8-w.n)
	}
}

// encodeLossless is the inverse of decodeLossless. Each category has a code of five
// bits. restart is in lines; 0: none.
func encodeLossless(levels []uint16, width, precision, predictor, shift, restart int) []byte {
	height := len(levels) / width
	var b bytes.Buffer
	segment := func(marker byte, s []byte) {
		b.Write(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(s)+2)))
		b.Write(s)
	}
	b.Write([]byte{0xff, markerSOI})
	segment(0xe0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	segment(markerSOF3, []byte{byte(precision), byte(height >> 8), byte(height), byte(width >> 8), byte(width), 1, 1, 0x11, 0})
	counts := make([]byte, 17)
	counts[5] = 17
	for category := range 17 {
		counts = append(counts, byte(category))
	}
	segment(markerDHT, counts)
	if restart > 0 {
		segment(markerDRI, binary.BigEndian.AppendUint16(nil, uint16(restart*width)))
	}
	segment(markerSOS, []byte{1, 1, 0, byte(predictor), 0, byte(shift)})
	w := &bitWriter{}
	at := func(x, y int) int { return int(levels[y*width+x] >> shift) }
	top := 0
	for y := range height {
		if restart > 0 && y > 0 && y%restart == 0 {
			w.flush()
			w.Write([]byte{0xff, byte(markerRST0 + (y/restart-1)%8)})
			top = y
		}
		for x := range width {
			guess := 0
			switch {
			case x == 0 && y == top:
				guess = 1 << (precision - shift - 1)
			case y == top:
				guess = at(x-1, y)
			case x == 0:
				guess = at(x, y-1)
			default:
				guess = predicted(predictor, at(x-1, y), at(x, y-1), at(x-1, y-1))
			}
			d := int(int16(at(x, y) - guess))
			size := bits.Len(uint(max(d, -d)))
			w.put(size, 5)
			if size == 16 { // −32768 has no further bits
				continue
			}
			if d < 0 {
				d += 1<<size - 1
			}
			w.put(d, size)
		}
	}
	w.flush()
	b.Write(w.Bytes())
	b.Write([]byte{0xff, 0xd9})
	return b.Bytes()
}

func TestLossless(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ precision, allocated, shift, restart int }{{12, 16, 0, 0}, {16, 16, 0, 0}, {8, 8, 0, 0}, {12, 16, 2, 0}, {14, 16, 0, 3}, {16, 16, 0, 1}} {
		for predictor := 1; predictor <= 7; predictor++ {
			const width, height = 23, 17
			levels := make([]uint16, width*height)
			for i := range levels {
				levels[i] = uint16(r.IntN(1<<c.precision)) >> c.shift << c.shift
				if i/width < height/2 { // a smooth part
					levels[i] = uint16(i%width+i/width) << c.shift
				}
			}
			data := encodeLossless(levels, width, c.precision, predictor, c.shift, c.restart)
			b := newFile(losslessFirst)
			b.picture("MONOCHROME2", width, height, c.allocated, c.precision, false)
			b.pieces(data[:10], data[10:])
			f, err := Read(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			img, err := f.Image(false)
			if err != nil || !slices.Equal(img.Levels, levels) {
				t.Errorf("%+v, predictor %d: %v, or other pixels", c, predictor, err)
			}
		}
	}
}

// TestLosslessOfDCMTK reads what dcmcjpeg of DCMTK 3.6.7 wrote (+el +sv 4) of an image
// whose pixels are known.
func TestLosslessOfDCMTK(t *testing.T) {
	data, err := os.ReadFile("testdata/dcmtk-lossless.dcm")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	img, err := f.Image(false)
	if err != nil || img.Width != 64 || img.Height != 48 {
		t.Fatal(err, img)
	}
	for i, v := range img.Levels {
		if want := (i*i/37 + i%64*9) % 4096; int(v) != want {
			t.Fatalf("pixel %d is %d, want %d", i, v, want)
		}
	}
}

// TestBare reads files without the preamble, and without the file's description.
func TestBare(t *testing.T) {
	file := func(transfer string) []byte {
		b := newFile(transfer)
		b.text(tag.SOPClassUID, "UI", "1.2.840.10008.5.1.4.1.1.7")
		b.picture("MONOCHROME2", 4, 2, 8, 8, false)
		b.add(tag.PixelData, "OB", []byte{1, 2, 3, 4, 5, 6, 7, 200})
		return b.Bytes()
	}
	for name, data := range map[string][]byte{
		"with all":               file(explicitLittle),
		"without preamble":       file(explicitLittle)[preamble+4:],
		"big, without preamble":  file(explicitBig)[preamble+4:],
		"explicit, without both": file(explicitLittle)[preamble+4+12+8+20:],
		"implicit, without both": file(implicitLittle)[preamble+4+12+8+18:],
	} {
		if !Is(data) {
			t.Errorf("%s: not taken for a DICOM file", name)
		}
		f, err := Read(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		img, err := f.Image(false)
		if err != nil || !slices.Equal(img.Levels, []uint16{1, 2, 3, 4, 5, 6, 7, 200}) {
			t.Errorf("%s: %v, %v", name, img, err)
		}
	}
	for _, data := range []string{"", "\x08\x00", "\x08\x00\x05\x00\xff\xff\xff\xff0000", "\x89PNG\r\n\x1a\n0000", "\x02\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00", "BM\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if Is([]byte(data)) {
			t.Errorf("%q is taken for a DICOM file", data)
		}
	}
}

func TestLosslessRefused(t *testing.T) {
	levels := make([]uint16, 64)
	good := encodeLossless(levels, 8, 12, 1, 0, 0)
	change := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	frame, scan := bytes.Index(good, []byte{0xff, markerSOF3}), bytes.Index(good, []byte{0xff, markerSOS})
	p := form{width: 8, height: 8, samples: 1, allocated: 16}
	if _, err := decodeLossless(good, p); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"nothing":                {nil, "its lossless JPEG"},
		"cut in the head":        {good[:frame+5], "its lossless JPEG"},
		"cut in the scan":        {good[:scan+12], "its lossless JPEG"},
		"baseline":               {change(frame+1, 0xc0), "not lossless with Huffman codes"},
		"another size":           {change(frame+6, 9), "8×8"},
		"a precision of 1":       {change(frame+4, 1), "its lossless JPEG"},
		"predictor 8":            {change(scan+7, 8), "its lossless JPEG"},
		"predictor 0":            {change(scan+7, 0), "its lossless JPEG"},
		"a table that is not":    {change(scan+6, 0x10), "its lossless JPEG"},
		"a shift of 12":          {change(scan+9, 12), "its lossless JPEG"},
		"a marker in the scan":   {append(bytes.Clone(good[:scan+10]), 0xff, 0xd9), "its lossless JPEG"},
		"codes that are no code": {append(bytes.Clone(good[:scan+10]), bytes.Repeat([]byte{0xff, 0}, 64)...), "its lossless JPEG"},
	} {
		if _, err := decodeLossless(c.data, p); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	p.samples = 3
	if _, err := decodeLossless(good, p); err == nil || !strings.Contains(err.Error(), "3 samples") {
		t.Errorf("three samples: %v", err)
	}
	huge := form{width: 60000, height: 60000, samples: 1, allocated: 16}
	head := bytes.Clone(good)
	binary.BigEndian.PutUint16(head[frame+5:], 60000)
	binary.BigEndian.PutUint16(head[frame+7:], 60000)
	if _, err := decodeLossless(head, huge); err == nil { // before room is made for it
		t.Error("60,000 × 60,000 pixels in a hundred bytes were decoded")
	}
}

func FuzzLossless(f *testing.F) {
	levels := make([]uint16, 64)
	for i := range levels {
		levels[i] = uint16(i * i)
	}
	f.Add(encodeLossless(levels, 8, 12, 4, 0, 0))
	f.Add(encodeLossless(levels, 8, 16, 7, 0, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		raw, err := decodeLossless(data, form{width: 8, height: 8, samples: 1, allocated: 16})
		if err == nil && len(raw) != 128 {
			t.Errorf("%d bytes", len(raw))
		}
	})
}
