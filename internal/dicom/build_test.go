package dicom

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// builder writes a DICOM file, element by element.
type builder struct {
	bytes.Buffer
	order    binary.AppendByteOrder
	implicit bool
}

const (
	explicitBig = "1.2.840.10008.1.2.2"
	baseline    = "1.2.840.10008.1.2.4.50"
	rle         = "1.2.840.10008.1.2.5"
	jpeg2000    = "1.2.840.10008.1.2.4.90"
)

// newFile begins a file with its description.
func newFile(transfer string) *builder {
	meta := &builder{order: binary.LittleEndian}
	meta.add(tag.TransferSyntaxUID, "UI", even(transfer, 0))
	b := &builder{order: binary.LittleEndian}
	b.Write(make([]byte, preamble))
	b.WriteString(magic)
	b.add(tag.FileMetaInformationGroupLength, "UL", binary.LittleEndian.AppendUint32(nil, uint32(meta.Len())))
	b.Write(meta.Bytes())
	if b.implicit = transfer == implicitLittle; transfer == explicitBig {
		b.order = binary.BigEndian
	}
	return b
}

func even(text string, pad byte) []byte {
	if len(text)%2 == 1 {
		return append([]byte(text), pad)
	}
	return []byte(text)
}

func (b *builder) head(t tag.Tag, vr string, length uint32) {
	h := b.order.AppendUint16(b.order.AppendUint16(nil, t.Group), t.Element)
	switch {
	case b.implicit || vr == "":
		h = b.order.AppendUint32(h, length)
	case strings.Contains(longForm, " "+vr+" "):
		h = b.order.AppendUint32(append(append(h, vr...), 0, 0), length)
	default:
		h = b.order.AppendUint16(append(h, vr...), uint16(length))
	}
	b.Write(h)
}

func (b *builder) add(t tag.Tag, vr string, value []byte) {
	b.head(t, vr, uint32(len(value)))
	b.Write(value)
}

func (b *builder) text(t tag.Tag, vr, value string) { b.add(t, vr, even(value, ' ')) }

func (b *builder) words(t tag.Tag, vr string, values ...int) {
	var w []byte
	for _, v := range values {
		w = b.order.AppendUint16(w, uint16(v))
	}
	b.add(t, vr, w)
}

// picture adds what says how pixels are written, in the order of tags.
func (b *builder) picture(photometric string, width, height, allocated, stored int, signed bool) {
	samples := 1
	if photometric == "RGB" || photometric == "YBR_FULL" {
		samples = 3
	}
	b.words(tag.SamplesPerPixel, "US", samples)
	b.text(tag.PhotometricInterpretation, "CS", photometric)
	b.words(tag.Rows, "US", height)
	b.words(tag.Columns, "US", width)
	b.words(tag.BitsAllocated, "US", allocated)
	b.words(tag.BitsStored, "US", stored)
	b.words(tag.HighBit, "US", stored-1)
	b.words(tag.PixelRepresentation, "US", map[bool]int{true: 1}[signed])
}

// pieces adds pixels that are written in pieces.
func (b *builder) pieces(data ...[]byte) {
	b.head(tag.PixelData, "OB", undefined)
	b.head(tag.Item, "", 0)
	for _, d := range data {
		d = even(string(d), 0)
		b.head(tag.Item, "", uint32(len(d)))
		b.Write(d)
	}
	b.head(tag.SequenceDelimitationItem, "", 0)
}
