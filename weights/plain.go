package weights

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
)

// Plain is an open safetensors file without compression or quantization, as
// other programs write it, and as checkpoints are kept.
type Plain struct {
	h    *header
	r    io.ReaderAt
	file *os.File
}

// OpenPlain opens a .safetensors file.
func OpenPlain(path string) (*Plain, error) {
	f, size, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	h, err := readHeader(f, size, math.MaxInt64, true)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Plain{h: h, r: f, file: f}, nil
}

// Close closes the file.
func (p *Plain) Close() error { return p.file.Close() }

// Metadata returns the file's __metadata__.
func (p *Plain) Metadata() map[string]string { return p.h.metadata }

// Names lists the tensors in the order of the file.
func (p *Plain) Names() []string { return slices.Clone(p.h.order) }

// Has reports whether there is a tensor of that name.
func (p *Plain) Has(name string) bool { _, ok := p.h.entries[name]; return ok }

// Shape returns the dimensions of a tensor; nil when there is none.
func (p *Plain) Shape(name string) []int { return slices.Clone(p.h.entries[name].shape) }

// Float32 reads an F32, F16 or BF16 tensor, row-major.
func (p *Plain) Float32(name string) ([]float32, error) {
	e, ok := p.h.entries[name]
	if !ok {
		return nil, fmt.Errorf("%w: tensor %q", ErrMissing, name)
	}
	raw, err := readEntry(p.r, p.h, e)
	if err != nil {
		return nil, err
	}
	n := 1
	for _, d := range e.shape {
		n *= d
	}
	out := make([]float32, n)
	return out, floats(e, raw, out)
}

// readEntry reads the bytes of a tensor.
func readEntry(r io.ReaderAt, h *header, e entry) ([]byte, error) {
	raw := make([]byte, e.end-e.begin)
	return raw, readFull(r, raw, h.data+e.begin)
}

// floats converts the raw bytes of an F32, F16 or BF16 tensor.
func floats(e entry, raw []byte, out []float32) error {
	switch e.dtype {
	case dF32:
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case dF16:
		for i := range out {
			out[i] = halfToFloat(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case dBF16:
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
	default:
		return fmt.Errorf("%w: tensor %q is %s, floating-point values are needed", ErrFormat, e.name, e.dtype)
	}
	return nil
}

// Values is a tensor in memory.
type Values struct {
	Name    string
	Shape   []int
	Float32 []float32
}

// WritePlain writes float32 tensors to a .safetensors file in the given order.
// The file appears, whole, or not at all; one that is there is replaced.
func WritePlain(path string, metadata map[string]string, tensors []Values) error {
	entries := make([]entry, len(tensors))
	var at int64
	for i, t := range tensors {
		n := int64(4 * len(t.Float32))
		entries[i] = entry{t.Name, dF32, t.Shape, at, at + n}
		at += n
	}
	head, err := encodeHeader(metadata, entries)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, true, func(w io.Writer) error {
		if _, err := w.Write(head); err != nil {
			return err
		}
		var buf [4]byte
		for _, t := range tensors {
			for _, v := range t.Float32 {
				binary.LittleEndian.PutUint32(buf[:], math.Float32bits(v))
				if _, err := w.Write(buf[:]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
