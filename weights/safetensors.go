package weights

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// dtype is a scalar type of the safetensors format.
type dtype string

const (
	dF32 dtype = "F32"
	dF16 dtype = "F16"
	dI8  dtype = "I8"
	dU8  dtype = "U8"

	dBF16 dtype = "BF16" // in files of other programs
)

func (d dtype) size() int64 {
	switch d {
	case dF32:
		return 4
	case dF16:
		return 2
	case dI8, dU8:
		return 1
	}
	return 0
}

// otherSizes are the scalar types of the format, in bytes a value, that files of
// other programs may have beside ours. Of a tensor of one of them that is not
// read, nothing else is asked.
var otherSizes = map[dtype]int64{
	dBF16: 2, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "U64": 8, "U32": 4, "U16": 2, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}

// entry is a tensor of a safetensors file.
type entry struct {
	name       string
	dtype      dtype
	shape      []int
	begin, end int64 // in the data after the header
}

// header is the head of a safetensors file, checked by every rule.
type header struct {
	metadata map[string]string
	entries  map[string]entry
	order    []string // by place in the file
	data     int64    // where the data begins
	size     int64    // of the whole file
	plain    bool     // of another program: any type, and tensors without a value
}

// lenPrefix is the size of the little-endian header length that a safetensors
// file begins with.
const lenPrefix = 8

// readHeader reads and checks the header of a safetensors file of size bytes.
func readHeader(r io.ReaderAt, size, maxBytes int64, plain bool) (*header, error) {
	if size > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, size, maxBytes)
	}
	if size < lenPrefix {
		return nil, fmt.Errorf("%w: %d bytes cannot hold a safetensors file", ErrTruncated, size)
	}
	var prefix [lenPrefix + 1]byte
	known := prefix[:min(size, int64(len(prefix)))]
	if err := readFull(r, known, 0); err != nil {
		return nil, err
	}
	if len(known) > lenPrefix && known[lenPrefix] != '{' {
		return nil, fmt.Errorf("%w: it holds no safetensors header, with or without zstd", ErrFormat)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader {
		return nil, fmt.Errorf("%w: a header of %d bytes, the limit is %d", ErrTooLarge, n, maxHeader)
	}
	if int64(n) > size-lenPrefix {
		return nil, fmt.Errorf("%w: the header declares %d bytes, the file has %d", ErrTruncated, n, size-lenPrefix)
	}
	text := make([]byte, n)
	if err := readFull(r, text, lenPrefix); err != nil {
		return nil, err
	}
	h := &header{entries: map[string]entry{}, data: lenPrefix + int64(n), size: size, plain: plain}
	if err := h.parse(text); err != nil {
		return nil, err
	}
	return h, h.checkLayout()
}

func readFull(r io.ReaderAt, p []byte, off int64) error {
	if n, err := r.ReadAt(p, off); n < len(p) {
		if err == io.EOF || err == nil {
			return fmt.Errorf("%w: %d bytes at %d are missing", ErrTruncated, len(p)-n, off+int64(n))
		}
		return err
	}
	return nil
}

// parse walks the JSON token by token, since decoding into a map would let the
// last of two equal names win in silence.
func (h *header) parse(text []byte) error {
	if len(text) == 0 || text[0] != '{' {
		return fmt.Errorf("%w: the header does not begin with '{'", ErrFormat)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	seenMetadata := false
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("%w: header: %w", ErrFormat, err)
		}
		name, _ := token.(string)
		if len(name) > maxName {
			return fmt.Errorf("%w: a tensor's name of %d bytes, the limit is %d", ErrTooLarge, len(name), maxName)
		}
		if name == "__metadata__" {
			if seenMetadata {
				return fmt.Errorf("%w: the header has two __metadata__", ErrFormat)
			}
			seenMetadata = true
			if h.metadata, err = parseMetadata(d); err != nil {
				return err
			}
			continue
		}
		if _, twice := h.entries[name]; twice {
			return fmt.Errorf("%w: two tensors are named %q", ErrFormat, name)
		}
		if len(h.entries) == maxTensors {
			return fmt.Errorf("%w: more than %d tensors", ErrTooLarge, maxTensors)
		}
		e, err := parseEntry(d, name, h.plain)
		if err != nil {
			return err
		}
		h.entries[name] = e
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("%w: header: %w", ErrFormat, err)
	}
	if rest := bytes.TrimRight(text[d.InputOffset():], " "); len(rest) > 0 {
		return fmt.Errorf("%w: %d bytes follow the header's JSON", ErrFormat, len(rest))
	}
	return nil
}

func parseMetadata(d *json.Decoder) (map[string]string, error) {
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("%w: __metadata__ is not an object", ErrFormat)
	}
	m := map[string]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: __metadata__: %w", ErrFormat, err)
		}
		value, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: __metadata__: %w", ErrFormat, err)
		}
		k, _ := key.(string)
		v, ok := value.(string)
		if _, twice := m[k]; twice || !ok {
			return nil, fmt.Errorf("%w: metadata %.80q is there twice, or is not a string", ErrFormat, k)
		}
		m[k] = v
	}
	_, err := d.Token()
	return m, err
}

func parseEntry(d *json.Decoder, name string, plain bool) (entry, error) {
	e := entry{name: name}
	bad := func(format string, a ...any) (entry, error) {
		return e, fmt.Errorf("%w: tensor %q: %s", ErrFormat, name, fmt.Sprintf(format, a...))
	}
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return bad("%v", err)
	}
	if len(raw) > maxEntry {
		return e, fmt.Errorf("%w: tensor %q is described by %d bytes, the limit is %d", ErrTooLarge, name, len(raw), maxEntry)
	}
	var j struct {
		Dtype   *dtype  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&j); err != nil {
		return bad("%v", err)
	}
	if j.Dtype == nil || j.Shape == nil || len(j.Offsets) != 2 {
		return bad("it needs dtype, shape and two data_offsets")
	}
	size := j.Dtype.size()
	if size == 0 && plain {
		size = otherSizes[*j.Dtype]
	}
	if size == 0 {
		return bad("dtype %.80q is none of F32, F16, I8, U8", *j.Dtype)
	}
	if len(j.Shape) > maxRank {
		return bad("%d dimensions, the limit is %d", len(j.Shape), maxRank)
	}
	e.dtype, e.begin, e.end = *j.Dtype, j.Offsets[0], j.Offsets[1]
	values := int64(1)
	e.shape = make([]int, len(j.Shape))
	for i, n := range j.Shape {
		if n < 1 && !(n == 0 && plain) || n > math.MaxInt32 || values > math.MaxInt64/8/max(n, 1) {
			return bad("shape %v is empty, negative or overflows", j.Shape)
		}
		values *= n
		e.shape[i] = int(n)
	}
	if e.begin < 0 || e.end < e.begin || e.end-e.begin != values*size {
		return bad("shape %v of %s needs %d bytes, its offsets %v hold %d", j.Shape, e.dtype, values*size, j.Offsets, e.end-e.begin)
	}
	return e, nil
}

// checkLayout checks that the tensors fill the data without gap or overlap.
func (h *header) checkLayout() error {
	for name := range h.entries {
		h.order = append(h.order, name)
	}
	slices.SortFunc(h.order, func(a, b string) int {
		if c := h.entries[a].begin - h.entries[b].begin; c != 0 {
			return int(min(max(c, -1), 1))
		}
		if c := h.entries[a].end - h.entries[b].end; c != 0 { // one without a value, first
			return int(min(max(c, -1), 1))
		}
		return strings.Compare(a, b)
	})
	var at int64
	for _, name := range h.order {
		e := h.entries[name]
		if e.begin != at {
			return fmt.Errorf("%w: tensor %q begins at %d, the one before it ends at %d", ErrFormat, name, e.begin, at)
		}
		at = e.end
	}
	if have := h.size - h.data; at > have {
		return fmt.Errorf("%w: the tensors end at %d, the data has %d bytes", ErrTruncated, at, have)
	} else if at < have {
		return fmt.Errorf("%w: %d bytes follow the last tensor", ErrFormat, have-at)
	}
	return nil
}

// encodeHeader writes the head of a safetensors file, length included. The
// JSON is padded with spaces so that the data is aligned to 8 bytes.
func encodeHeader(metadata map[string]string, entries []entry) ([]byte, error) {
	var b bytes.Buffer
	field := func(name string, v any) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
		return nil
	}
	b.WriteByte('{')
	if len(metadata) > 0 {
		if err := field("__metadata__", metadata); err != nil {
			return nil, err
		}
	}
	for _, e := range entries {
		j := struct {
			Dtype   dtype    `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}{e.dtype, e.shape, [2]int64{e.begin, e.end}}
		if j.Shape == nil {
			j.Shape = []int{}
		}
		if err := field(e.name, j); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len() > maxHeader {
		return nil, fmt.Errorf("%w: the header would have %d bytes, the limit is %d", ErrTooLarge, b.Len(), maxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(b.Len())), b.Bytes()...), nil
}
