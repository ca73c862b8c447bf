package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// MaxPixels bounds an image: 100 megapixels hold any detector's.
const MaxPixels = 100e6

// Image is the image of a file, in grey, bright where more is absorbed.
type Image struct {
	Width, Height int
	// Levels are row-major: of a byte, as a screen shows them, or of 16 bits.
	Levels []uint16
	// Deep says that the levels are of 16 bits and need a window.
	Deep bool
	// Hidden are the pixels of padding; nil: none.
	Hidden []bool
	// Windowed says that the file's own window (VOI) has made the levels.
	Windowed bool
	// Negative says that the file stores it as a negative, MONOCHROME1.
	Negative bool
}

// form is how the pixels are written (PS3.3, C.7.6.3).
type form struct {
	width, height, samples  int
	allocated, stored, high int
	signed, planar          bool
	photometric             string
	padding, paddingLimit   int
	padded                  bool
	slope, intercept        float64
}

// Image decodes the image. With ownWindow it applies the file's own window,
// where it has one, else it leaves the levels as they are stored.
func (f *File) Image(ownWindow bool) (*Image, error) {
	p, err := f.form()
	if err != nil {
		return nil, err
	}
	raw, err := f.pixels(p)
	if err != nil {
		return nil, err
	}
	img := &Image{Width: p.width, Height: p.height, Negative: p.photometric == "MONOCHROME1"}
	if p.samples == 3 {
		img.Levels = luminance(raw, p)
		return img, nil
	}
	mask := 1<<p.stored - 1
	look := f.lookUp(p, ownWindow, img)
	img.Levels = make([]uint16, p.width*p.height)
	for i := range img.Levels {
		v := int(raw[i])
		if p.allocated == 16 {
			v = int(raw[2*i]) | int(raw[2*i+1])<<8
		}
		v = v >> (p.high + 1 - p.stored) & mask
		img.Levels[i] = look[v]
		if p.hides(p.value(v)) {
			if img.Hidden == nil {
				img.Hidden = make([]bool, len(img.Levels))
			}
			img.Hidden[i] = true
		}
	}
	return img, nil
}

// form reads how the pixels are written, and refuses what is not read.
func (f *File) form() (p form, err error) {
	p = form{
		width: f.integer(tag.Columns, 0), height: f.integer(tag.Rows, 0), samples: f.integer(tag.SamplesPerPixel, 1),
		allocated: f.integer(tag.BitsAllocated, 0), signed: f.integer(tag.PixelRepresentation, 0) == 1,
		planar: f.integer(tag.PlanarConfiguration, 0) == 1, photometric: f.Text(tag.PhotometricInterpretation), slope: 1,
	}
	p.stored = f.integer(tag.BitsStored, p.allocated)
	p.high = f.integer(tag.HighBit, p.stored-1)
	switch {
	case p.width < 1 || p.height < 1 || float64(p.width)*float64(p.height) > MaxPixels:
		return p, fmt.Errorf("wrong size: %d×%d pixels are too few or too many", p.width, p.height)
	case p.allocated != 8 && p.allocated != 16:
		return p, fmt.Errorf("unusual DICOM image: %d bits are allocated a pixel; 8 and 16 are read", p.allocated)
	case p.stored < 1 || p.stored > p.allocated || p.high < p.stored-1 || p.high >= p.allocated:
		return p, fmt.Errorf("damaged DICOM file: %d bits are stored, the highest is %d, of %d", p.stored, p.high, p.allocated)
	}
	if frames := f.Text(tag.NumberOfFrames); frames != "" && frames != "1" {
		return p, fmt.Errorf("several images: the DICOM file has %.20s frames, one is read", frames)
	}
	switch p.photometric {
	case "MONOCHROME1", "MONOCHROME2":
		if p.samples != 1 {
			return p, fmt.Errorf("damaged DICOM file: %s with %d samples a pixel", p.photometric, p.samples)
		}
	case "RGB", "YBR_FULL", "YBR_FULL_422":
		if p.samples != 3 || p.allocated != 8 || p.stored != 8 {
			return p, fmt.Errorf("unusual DICOM image: %s with %d samples of %d bits; 3 of 8 are read", p.photometric, p.samples, p.allocated)
		}
	default:
		return p, fmt.Errorf("unusual DICOM image: photometric interpretation %.20q; MONOCHROME1, MONOCHROME2, RGB and YBR_FULL are read", p.photometric)
	}
	return p, f.values(&p)
}

// values reads what turns stored values into those of the modality, and which
// of them are padding (PS3.3, C.11.1.1.2 and C.7.5.1.1.2).
func (f *File) values(p *form) error {
	if f.item(tag.ModalityLUTSequence) != nil {
		return errors.New("unusual DICOM image: its values go through a table (Modality LUT), which is not read")
	}
	if f.Text(tag.RescaleSlope) != "" || f.Text(tag.RescaleIntercept) != "" {
		var slope, intercept bool
		p.slope, slope = f.number(tag.RescaleSlope)
		p.intercept, intercept = f.number(tag.RescaleIntercept)
		if !slope || !intercept || p.slope == 0 {
			return fmt.Errorf("damaged DICOM file: a rescale slope of %.20q and an intercept of %.20q", f.Text(tag.RescaleSlope), f.Text(tag.RescaleIntercept))
		}
	}
	if list := integers(f.element(tag.PixelPaddingValue)); len(list) > 0 {
		p.padded, p.padding = true, p.value(list[0]&(1<<p.allocated-1))
		p.paddingLimit = p.padding
		if limit := integers(f.element(tag.PixelPaddingRangeLimit)); len(limit) > 0 {
			p.paddingLimit = p.value(limit[0] & (1<<p.allocated - 1))
		}
	}
	return nil
}

// value is the number that stored bits stand for.
func (p *form) value(bits int) int {
	if p.signed && bits >= 1<<(p.stored-1) {
		return bits - 1<<p.stored
	}
	return bits
}

func (p *form) hides(v int) bool {
	return p.padded && v >= min(p.padding, p.paddingLimit) && v <= max(p.padding, p.paddingLimit)
}

// pixels are the bytes of the pixels, of which there are enough; words are
// little-endian.
func (f *File) pixels(p form) ([]byte, error) {
	e := f.element(tag.PixelData)
	if e == nil || e.Value.ValueType() != dicom.PixelData {
		return nil, errors.New("no image: the file has no pixel data")
	}
	info := dicom.MustGetPixelDataInfo(e.Value)
	how := syntaxes[f.syntax]
	if info.IsEncapsulated != (how.pixels != native) {
		return nil, fmt.Errorf("damaged DICOM file: the pixels are not written as the transfer syntax %s says", f.syntax)
	}
	raw := info.UnprocessedValueData
	if info.IsEncapsulated {
		raw = nil
		for _, piece := range info.Frames { // of one frame
			raw = append(raw, piece.EncapsulatedData.Data...)
		}
	}
	want := p.width * p.height * p.samples * p.allocated / 8
	var err error
	switch how.pixels {
	case jpegBaseline:
		raw, err = decodeJPEG(raw, p)
	case jpegLossless:
		raw, err = decodeLossless(raw, p)
	case runLength:
		raw, err = decodeRunLength(raw, p, want)
	}
	if err != nil {
		return nil, err
	}
	if len(raw) < want {
		return nil, fmt.Errorf("damaged DICOM file: %d bytes of pixels, %d×%d need %d", len(raw), p.width, p.height, want)
	}
	if how.order == binary.BigEndian && (p.allocated == 16 || e.RawValueRepresentation == "OW") {
		for i := 0; i+1 < len(raw); i += 2 {
			raw[i], raw[i+1] = raw[i+1], raw[i]
		}
	}
	return raw, nil
}

// luminance is that of pixels of three bytes (ITU-R BT.601), which the first of
// YBR is already.
func luminance(raw []byte, p form) []uint16 {
	levels := make([]uint16, p.width*p.height)
	for i := range levels {
		a, b, c := 3*i, 3*i+1, 3*i+2
		if p.planar {
			a, b, c = i, i+len(levels), i+2*len(levels)
		}
		if levels[i] = uint16(raw[a]); p.photometric == "RGB" {
			levels[i] = uint16((19595*int(raw[a]) + 38470*int(raw[b]) + 7471*int(raw[c]) + 1<<15) >> 16)
		}
	}
	return levels
}
