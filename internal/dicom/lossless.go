package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerSOF3 = 0xc3 // lossless, Huffman-coded
	markerDHT  = 0xc4
	markerRST0 = 0xd0
	markerSOI  = 0xd8
	markerSOS  = 0xda
	markerDRI  = 0xdd
)

var errLossless = errors.New("damaged DICOM file: its lossless JPEG")

// lossless decodes JPEG of process 14 (ITU-T T.81, annex H) with one sample a pixel.
type lossless struct {
	data                     []byte
	precision, width, height int
	tables                   [4]*huffman
	restart                  int // samples between restart markers; 0: none
	table, predictor, shift  int // of the scan
}

// huffman are the codes of the categories of differences, shortest first (annex F,
// figure F.15).
type huffman struct {
	first, last, at [17]int // by length: the first code, the last plus one, the place of its value
	values          []byte
}

// decodeLossless decodes pixels of lossless JPEG to bytes, two per pixel, the low one
// first, where two are allocated.
func decodeLossless(data []byte, p form) ([]byte, error) {
	if p.samples != 1 {
		return nil, fmt.Errorf("unusual DICOM image: lossless JPEG of %d samples a pixel; 1 is read", p.samples)
	}
	d := &lossless{data: data}
	scan, err := d.headers()
	if err != nil {
		return nil, err
	}
	if d.width != p.width || d.height != p.height || d.precision > p.allocated {
		return nil, fmt.Errorf("damaged DICOM file: its JPEG has %d×%d pixels of %d bits, it states %d×%d of %d", d.width, d.height, d.precision, p.width, p.height, p.allocated)
	}
	// A pixel takes a bit at least, so that the room is in proportion to the file.
	if d.width*d.height > 8*len(scan) {
		return nil, errLossless
	}
	levels, err := d.scan(scan)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 0, len(levels)*p.allocated/8)
	for _, v := range levels {
		if p.allocated == 8 {
			raw = append(raw, byte(v))
		} else {
			raw = binary.LittleEndian.AppendUint16(raw, v)
		}
	}
	return raw, nil
}

// headers reads the segments before the scan, and returns what follows them.
func (d *lossless) headers() ([]byte, error) {
	data := d.data
	if len(data) < 2 || data[0] != 0xff || data[1] != markerSOI {
		return nil, errLossless
	}
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff; {
		marker := data[1]
		if marker == 0xff { // a fill byte
			data = data[1:]
			continue
		}
		n := int(binary.BigEndian.Uint16(data[2:]))
		if n < 2 || n+2 > len(data) {
			return nil, errLossless
		}
		segment := data[4 : n+2]
		data = data[n+2:]
		var err error
		switch {
		case marker == markerSOF3:
			err = d.frame(segment)
		case marker == markerDHT:
			err = d.huffman(segment)
		case marker == markerDRI && len(segment) == 2:
			d.restart = int(binary.BigEndian.Uint16(segment))
		case marker == markerSOS:
			return data, d.start(segment)
		case marker >= 0xc0 && marker <= 0xcf:
			err = fmt.Errorf("damaged DICOM file: its JPEG is not lossless with Huffman codes (marker %#x)", marker)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errLossless
}

// frame reads a frame header (B.2.2).
func (d *lossless) frame(s []byte) error {
	if len(s) != 9 || s[5] != 1 || d.width != 0 {
		return errLossless
	}
	d.precision, d.height, d.width = int(s[0]), int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:]))
	if d.precision < 2 || d.precision > 16 || d.width == 0 || d.height == 0 {
		return errLossless
	}
	return nil
}

// huffman reads tables (B.2.4.2).
func (d *lossless) huffman(s []byte) error {
	for len(s) > 0 {
		if len(s) < 17 || s[0] > 3 {
			return errLossless
		}
		h, code, n := &huffman{}, 0, 0
		for length := 1; length <= 16; length++ {
			count := int(s[length])
			h.first[length], h.last[length], h.at[length] = code, code+count, n
			if code += count; code > 1<<length {
				return errLossless
			}
			code, n = code<<1, n+count
		}
		if n == 0 || n > 17 || len(s) < 17+n {
			return errLossless
		}
		h.values = s[17 : 17+n]
		for _, v := range h.values {
			if v > 16 {
				return errLossless
			}
		}
		d.tables[s[0]], s = h, s[17+n:]
	}
	return nil
}

// start reads a scan header (B.2.3).
func (d *lossless) start(s []byte) error {
	if len(s) != 6 || s[0] != 1 || d.width == 0 {
		return errLossless
	}
	d.table, d.predictor, d.shift = int(s[2]>>4), int(s[3]), int(s[5]&15)
	if d.table > 3 || d.tables[d.table] == nil || d.predictor < 1 || d.predictor > 7 || d.shift >= d.precision || d.restart%d.width != 0 {
		return errLossless
	}
	return nil
}

// scan decodes the samples (H.1.2, H.2).
func (d *lossless) scan(data []byte) ([]uint16, error) {
	out := make([]uint16, d.width*d.height)
	r := &bitReader{data: data}
	start := 1 << (d.precision - d.shift - 1)
	top := 0 // the line after the last restart
	for i := range out {
		x, y := i%d.width, i/d.width
		if i > 0 && d.restart > 0 && i%d.restart == 0 {
			if !r.restart((i/d.restart - 1) % 8) {
				return nil, errLossless
			}
			top = y
		}
		var guess int
		switch {
		case x == 0 && y == top:
			guess = start
		case y == top:
			guess = int(out[i-1])
		case x == 0:
			guess = int(out[i-d.width])
		default:
			guess = predicted(d.predictor, int(out[i-1]), int(out[i-d.width]), int(out[i-d.width-1]))
		}
		difference, ok := r.difference(d.tables[d.table])
		if !ok {
			return nil, errLossless
		}
		out[i] = uint16(guess + difference)
	}
	for i := range out {
		out[i] <<= d.shift
	}
	return out, nil
}

// predicted is the prediction of a sample from those at its left, above it, and
// above its left (table H.1).
func predicted(predictor, a, b, c int) int {
	switch predictor {
	case 1:
		return a
	case 2:
		return b
	case 3:
		return c
	case 4:
		return a + b - c
	case 5:
		return a + (b-c)>>1
	case 6:
		return b + (a-c)>>1
	}
	return (a + b) >> 1
}

// bitReader reads the bits of a scan, without the zeros that are stuffed after 0xff
// (F.2.2.5).
type bitReader struct {
	data []byte
	at   int
	kept uint32 // bits that were read and not used, the next one highest
	n    int    // how many
}

// fill reads bytes until at least 16 bits are there, or a marker or the end comes.
func (r *bitReader) fill() {
	for r.n <= 16 && r.at < len(r.data) {
		b := r.data[r.at]
		if b == 0xff {
			if r.at+1 >= len(r.data) || r.data[r.at+1] != 0 {
				return
			}
			r.at++
		}
		r.at++
		r.kept |= uint32(b) << (24 - r.n)
		r.n += 8
	}
}

// take removes bits and returns them.
func (r *bitReader) take(n int) (v int, ok bool) {
	if r.fill(); n > r.n {
		return 0, false
	}
	v = int(r.kept >> (32 - n))
	r.kept <<= n
	r.n -= n
	return v, true
}

// difference decodes a difference: its category, then its value in as many bits
// (H.1.2.2; F.1.2.1).
func (r *bitReader) difference(h *huffman) (int, bool) {
	r.fill()
	category := -1
	for length := 1; length <= min(16, r.n); length++ {
		if code := int(r.kept >> (32 - length)); code >= h.first[length] && code < h.last[length] {
			category = int(h.values[h.at[length]+code-h.first[length]])
			r.kept <<= length
			r.n -= length
			break
		}
	}
	switch {
	case category < 0:
		return 0, false
	case category == 0:
		return 0, true
	case category == 16:
		return 1 << 15, true
	}
	v, ok := r.take(category)
	if bits.Len(uint(v)) < category { // negative
		v -= 1<<category - 1
	}
	return v, ok
}

// restart goes on after the restart marker of that number.
func (r *bitReader) restart(number int) bool {
	r.kept, r.n = 0, 0
	if r.at+1 >= len(r.data) || r.data[r.at] != 0xff || int(r.data[r.at+1]) != markerRST0+number {
		return false
	}
	r.at += 2
	return true
}
