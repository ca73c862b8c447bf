package dicom

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Some archives and older devices write files without the preamble, or without the
// file's own description as well. The transfer syntax is then the default one, or
// shows in the first element (PS3.5, 10.1; PS3.10, 7.5).

// firstElements are those of group 8 that data sets begin with.
var firstElements = []uint16{0x0000, 0x0001, 0x0005, 0x0008, 0x0016, 0x0018}

// bare reports whether data begin with the description of a file, or with a data set,
// and which transfer syntax the latter has.
func bare(data []byte) (described bool, syntax string) {
	if len(data) < 12 {
		return false, ""
	}
	group, element := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
	vr := " " + string(data[4:6]) + " "
	switch {
	case group == 2 && element == 0 && vr == " UL ":
		return true, ""
	case group != 8 || !slices.Contains(firstElements, element):
		return false, ""
	case strings.Contains(shortForm, vr):
		return false, explicitLittle
	}
	if length := binary.LittleEndian.Uint32(data[4:]); length > 64 || length%2 == 1 {
		return false, ""
	}
	return false, implicitLittle
}

// whole is a file with what a bare one lacks.
func whole(data []byte) []byte {
	described, syntax := bare(data)
	if hasPreamble(data) || !described && syntax == "" {
		return data
	}
	head := append(make([]byte, preamble), magic...)
	if !described {
		if len(syntax)%2 == 1 {
			syntax += "\x00"
		}
		head = append(head, 2, 0, 0, 0, 'U', 'L', 4, 0)
		head = binary.LittleEndian.AppendUint32(head, uint32(8+len(syntax)))
		head = append(head, 2, 0, 0x10, 0, 'U', 'I', byte(len(syntax)), 0)
		head = append(head, syntax...)
	}
	return append(head, data...)
}
