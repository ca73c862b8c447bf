package dicom

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
)

// decodeJPEG decodes pixels of JPEG baseline to bytes: the luminance, thrice
// where there are three samples.
func decodeJPEG(data []byte, p form) ([]byte, error) {
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("damaged DICOM file: its JPEG: %w", err)
	}
	if c.Width != p.width || c.Height != p.height || p.allocated != 8 {
		return nil, fmt.Errorf("damaged DICOM file: its JPEG has %d×%d pixels of 8 bits, it states %d×%d of %d", c.Width, c.Height, p.width, p.height, p.allocated)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("damaged DICOM file: its JPEG: %w", err)
	}
	raw := make([]byte, 0, p.width*p.height*p.samples)
	for y := range p.height {
		for x := range p.width {
			var v byte
			switch img := img.(type) {
			case *image.Gray:
				v = img.Pix[y*img.Stride+x]
			case *image.YCbCr:
				v = img.Y[y*img.YStride+x]
			default:
				return nil, errors.New("unusual DICOM image: its JPEG is neither grey nor YCbCr")
			}
			for range p.samples {
				raw = append(raw, v)
			}
		}
	}
	return raw, nil
}

// decodeRunLength decodes pixels of run-length encoding (PS3.5, G): a segment
// for each byte of each sample, the high byte first.
func decodeRunLength(data []byte, p form, want int) ([]byte, error) {
	damaged := errors.New("damaged DICOM file: its run-length encoding")
	segments := p.samples * p.allocated / 8
	// Two bytes are 128 at most, so that the room is in proportion to the file.
	if len(data) < 64 || want > 64*len(data) || int(binary.LittleEndian.Uint32(data)) != segments {
		return nil, damaged
	}
	raw, n := make([]byte, want), p.width*p.height
	for s := range segments {
		from, to := int(binary.LittleEndian.Uint32(data[4+4*s:])), len(data)
		if s+1 < segments {
			to = int(binary.LittleEndian.Uint32(data[8+4*s:]))
		}
		if from < 64 || from > to || to > len(data) {
			return nil, damaged
		}
		part, err := unpack(data[from:to], n)
		if err != nil {
			return nil, damaged
		}
		step := p.allocated / 8
		for i, v := range part {
			switch {
			case step == 2:
				raw[2*i+1-s] = v
			case p.planar:
				raw[s*n+i] = v
			default:
				raw[p.samples*i+s] = v
			}
		}
	}
	return raw, nil
}

// unpack decodes n bytes of PackBits.
func unpack(data []byte, n int) ([]byte, error) {
	short := errors.New("too short")
	out := make([]byte, 0, n)
	for len(out) < n {
		if len(data) == 0 {
			return nil, short
		}
		count := int(int8(data[0]))
		data = data[1:]
		switch {
		case count == -128:
		case count >= 0 && len(data) > count:
			out = append(out, data[:count+1]...)
			data = data[count+1:]
		case count < 0 && len(data) > 0:
			out = append(out, bytes.Repeat(data[:1], 1-count)...)
			data = data[1:]
		default:
			return nil, short
		}
	}
	return out[:n], nil
}
