package main

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// npy encodes values as a NumPy file: format 1.0, little-endian float32,
// row-major (NumPy enhancement proposal 1).
func npy(shape []int, values []float32) []byte {
	dims := ""
	for _, d := range shape {
		dims += fmt.Sprintf("%d, ", d)
	}
	if len(shape) > 1 {
		dims = strings.TrimSuffix(dims, ", ")
	}
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", strings.TrimSuffix(dims, " "))
	const before = 10 // magic, version, length
	for (before+len(header)+1)%64 != 0 {
		header += " "
	}
	header += "\n"
	b := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(header)))
	b = append(b, header...)
	b, _ = binary.Append(b, binary.LittleEndian, values) // into memory, of a fixed size: it cannot fail
	return b
}
