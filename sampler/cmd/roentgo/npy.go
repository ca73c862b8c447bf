package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
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

// trace collects the values of a run in a folder that appears when it is whole.
type trace struct {
	dir, partial string
	err          error
}

func newTrace(dir string, overwrite bool) (*trace, error) {
	if _, err := os.Lstat(dir); err == nil && !overwrite {
		return nil, misuse{fmt.Errorf("%s exists already (use --force to replace it, or another --trace)", dir)}
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	return &trace{dir: dir, partial: partial}, err
}

func (t *trace) add(name string, shape []int, values []float32) {
	if t.err == nil {
		t.err = os.WriteFile(filepath.Join(t.partial, name+".npy"), npy(shape, values), 0o644)
	}
}

// finish gives the folder its name.
func (t *trace) finish() error {
	if t.err != nil {
		return t.err
	}
	if err := os.Chmod(t.partial, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(t.dir); err != nil {
		return err
	}
	return os.Rename(t.partial, t.dir)
}

// discard removes what is there of an unfinished trace.
func (t *trace) discard() { os.RemoveAll(t.partial) }
