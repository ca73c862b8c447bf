package dataset

import (
	"bytes"
	"encoding/binary"
)

// The parts of a JPEG file and of its EXIF data (JEITA CP-3451) that say how
// the image lies.
const (
	jpegStart, jpegExif, jpegScan = 0xd8, 0xe1, 0xda
	tagOrientation                = 0x0112
)

// orientation is the EXIF orientation of a JPEG file, 1 to 8: where the first
// row and the first column of the stored image are to be seen. It is 1, upright,
// where the file does not say it, and where what it says is damaged.
func orientation(data []byte) int {
	if len(data) < 4 || data[0] != 0xff || data[1] != jpegStart {
		return 1
	}
	for data = data[2:]; len(data) >= 4 && data[0] == 0xff && data[1] != jpegScan; {
		n := int(binary.BigEndian.Uint16(data[2:])) // with its own two bytes
		if n < 2 || n+2 > len(data) {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(data[4:n+2], []byte("Exif\x00\x00")); ok && data[1] == jpegExif {
			return tiffOrientation(tiff)
		}
		data = data[n+2:]
	}
	return 1
}

// tiffOrientation looks for the orientation in the first directory.
func tiffOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if tiff[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == tagOrientation {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turn brings a square image upright that lies by an EXIF orientation.
func turn(pixels []byte, size, orientation int) []byte {
	if orientation <= 1 {
		return pixels
	}
	out, n := make([]byte, len(pixels)), size-1
	for y := range size {
		for x := range size {
			column, row := x, y
			switch orientation {
			case 2:
				column, row = n-x, y
			case 3:
				column, row = n-x, n-y
			case 4:
				column, row = x, n-y
			case 5:
				column, row = y, x
			case 6:
				column, row = y, n-x
			case 7:
				column, row = n-y, n-x
			case 8:
				column, row = n-y, x
			}
			out[y*size+x] = pixels[row*size+column]
		}
	}
	return out
}
