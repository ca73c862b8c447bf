package dicom

import (
	"encoding/binary"
	"fmt"
)

// syntax is how a file writes its elements and its pixels (PS3.5, 10; PS3.6, A).
type syntax struct {
	order    binary.ByteOrder
	implicit bool
	pixels   coding
	cannot   string // why it is not read, or empty
}

type coding uint8

const (
	native coding = iota
	jpegBaseline
	jpegLossless
	runLength
)

// The transfer syntaxes that a file without a description may have.
const (
	implicitLittle = "1.2.840.10008.1.2"
	explicitLittle = "1.2.840.10008.1.2.1"
)

var syntaxes = map[string]syntax{
	implicitLittle:           {order: binary.LittleEndian, implicit: true},
	explicitLittle:           {order: binary.LittleEndian},
	"1.2.840.10008.1.2.2":    {order: binary.BigEndian},
	"1.2.840.10008.1.2.1.99": {cannot: "deflated"},
	"1.2.840.10008.1.2.4.50": {order: binary.LittleEndian, pixels: jpegBaseline},
	"1.2.840.10008.1.2.4.51": {cannot: "JPEG of 12 bits"},
	"1.2.840.10008.1.2.4.57": {order: binary.LittleEndian, pixels: jpegLossless},
	"1.2.840.10008.1.2.4.70": {order: binary.LittleEndian, pixels: jpegLossless},
	"1.2.840.10008.1.2.4.80": {cannot: "JPEG-LS"},
	"1.2.840.10008.1.2.4.81": {cannot: "JPEG-LS"},
	"1.2.840.10008.1.2.4.90": {cannot: "JPEG 2000"},
	"1.2.840.10008.1.2.4.91": {cannot: "JPEG 2000"},
	"1.2.840.10008.1.2.5":    {order: binary.LittleEndian, pixels: runLength},
}

// unreadable is the error of a transfer syntax that is not read.
func unreadable(uid string) error {
	name := syntaxes[uid].cannot
	if name == "" {
		name = "an unknown form"
	}
	return fmt.Errorf("compressed DICOM file: its pixels are %s (transfer syntax %.64q), which is not read; decompress it, such as with 'dcmconv +te', 'dcmdjpeg' of DCMTK or 'gdcmconv --raw' of GDCM", name, uid)
}
