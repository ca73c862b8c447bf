package weights

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// DefaultGroup is how many values share a scale unless a tensor says
// otherwise.
const DefaultGroup = 64

// Tensor is a tensor for a writer. Values are float32 whatever the kind; a
// tensor of kind Bytes has Bytes instead.
type Tensor struct {
	Name    string
	Shape   []int
	Kind    Kind
	Group   int // 0: DefaultGroup
	Float32 []float32
	Bytes   []byte
}

// File is the content of a model file, for a writer.
type File struct {
	// Format is 2 where programs that know format 1 alone cannot compute what
	// the configuration states; 0: 1.
	Format   int
	Config   json.RawMessage
	Parts    []string
	Metadata map[string]string // besides what the package writes itself
	Tensors  []Tensor
}

// WriteOptions are those of [Write]. Zero values are good defaults.
type WriteOptions struct {
	Overwrite bool
	// MaxPiece splits the model into files of at most so many bytes before
	// compression, whole tensors each: NAME-1of3.safetensors.zst and so on.
	// 0: one file.
	MaxPiece int64

	// For the manifest.
	Name, Version, License, TrainingData string
}

// Write writes a model file NAME.safetensors.zst, the same bytes for the same
// content, and NAME.manifest.json beside it. A file appears whole or not at
// all, and one that is there is kept unless Overwrite says otherwise
// (ErrExists). It returns the paths of the model files.
func Write(path string, f File, opt WriteOptions) ([]string, error) {
	base, ok := strings.CutSuffix(path, Extension)
	if !ok {
		return nil, fmt.Errorf("weights: %s does not end in %s", path, Extension)
	}
	pieces, whole, err := split(f, opt.MaxPiece)
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(pieces))
	for i := range pieces {
		paths[i] = path
		if len(pieces) > 1 {
			paths[i] = fmt.Sprintf("%s-%dof%d%s", base, i+1, len(pieces), Extension)
		}
		if _, err := os.Stat(paths[i]); err == nil && !opt.Overwrite {
			return nil, fmt.Errorf("%w: %s", ErrExists, paths[i])
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	for i, tensors := range pieces {
		part := f
		part.Tensors = tensors
		if len(pieces) > 1 {
			part.Metadata = maps.Clone(f.Metadata)
			if part.Metadata == nil {
				part.Metadata = map[string]string{}
			}
			part.Metadata[keyPiece] = fmt.Sprintf("%d/%d", i+1, len(pieces))
			part.Metadata[keyWhole] = whole
		}
		if err := writeFile(paths[i], part, opt); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// split divides the tensors in order into runs below limit bytes, and returns
// the identity of all.
func split(f File, limit int64) (pieces [][]Tensor, whole string, err error) {
	if limit <= 0 {
		return [][]Tensor{f.Tensors}, "", nil
	}
	id := newIdentity(f.Config)
	var size int64
	for _, t := range f.Tensors {
		entries, encoded, err := t.encode()
		if err != nil {
			return nil, "", err
		}
		var n int64
		for i, b := range encoded {
			n += int64(len(b))
			id.begin(entries[i])
			id.Write(b)
		}
		if n > limit {
			return nil, "", fmt.Errorf("%w: tensor %q has %d bytes, a piece may have %d", ErrTooLarge, t.Name, n, limit)
		}
		if len(pieces) == 0 || size+n > limit {
			pieces, size = append(pieces, nil), 0
		}
		pieces[len(pieces)-1] = append(pieces[len(pieces)-1], t)
		size += n
	}
	return pieces, id.String(), nil
}

// encode returns the safetensors entries of a tensor, without their places,
// and their bytes.
func (t Tensor) encode() ([]entry, [][]byte, error) {
	bad := func(format string, a ...any) ([]entry, [][]byte, error) {
		return nil, nil, fmt.Errorf("weights: tensor %q: %s", t.Name, fmt.Sprintf(format, a...))
	}
	values := 1
	for _, n := range t.Shape {
		if n < 1 {
			return bad("shape %v", t.Shape)
		}
		values *= n
	}
	have := len(t.Float32)
	if t.Kind == Bytes {
		have = len(t.Bytes)
	}
	if have != values || t.Name == "" || strings.HasSuffix(t.Name, scaleSuffix) || len(t.Shape) > maxRank {
		return bad("%d values for shape %v, or a name that is not allowed", have, t.Shape)
	}
	for i, v := range t.Float32 {
		if v-v != 0 || t.Kind != F32 && math.Abs(float64(v)) > 65504 {
			return bad("value %d is %g", i, v)
		}
	}
	switch t.Kind {
	case Bytes:
		return []entry{{name: t.Name, dtype: dU8, shape: t.Shape}}, [][]byte{t.Bytes}, nil
	case F32:
		b := make([]byte, 0, 4*values)
		for _, v := range t.Float32 {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return []entry{{name: t.Name, dtype: dF32, shape: t.Shape}}, [][]byte{b}, nil
	case F16:
		h := make([]uint16, values)
		for i, v := range t.Float32 {
			h[i] = floatToHalf(v)
		}
		return []entry{{name: t.Name, dtype: dF16, shape: t.Shape}}, [][]byte{halfBytes(h)}, nil
	case Int8, Int4:
		if len(t.Shape) == 0 {
			return bad("a single value cannot be %s", t.Kind)
		}
		g := newGrid(t.Shape, t.group())
		codes, scales := g.quantize(t.Float32, t.Kind)
		scale := entry{name: t.Name + scaleSuffix, dtype: dF16, shape: []int{g.out, g.groups()}}
		if t.Kind == Int4 {
			return []entry{{name: t.Name, dtype: dU8, shape: []int{g.out, g.rowBytes()}}, scale}, [][]byte{g.pack4(codes), halfBytes(scales)}, nil
		}
		b := make([]byte, len(codes))
		for i, q := range codes {
			b[i] = byte(q)
		}
		return []entry{{name: t.Name, dtype: dI8, shape: t.Shape}, scale}, [][]byte{b, halfBytes(scales)}, nil
	}
	return bad("kind %s", t.Kind)
}

func (t Tensor) group() int {
	if t.Group == 0 {
		return DefaultGroup
	}
	return t.Group
}

// encodeFile returns the safetensors of a file: head, then data.
func encodeFile(f File) (head []byte, data [][]byte, err error) {
	if !json.Valid(f.Config) {
		return nil, nil, errors.New("weights: the configuration is not JSON")
	}
	if f.Format < 0 || f.Format > len(formats) {
		return nil, nil, fmt.Errorf("weights: no format %d (there are %q)", f.Format, formats)
	}
	for _, part := range f.Parts {
		if !slices.Contains(partNames, part) {
			return nil, nil, fmt.Errorf("weights: no part %q (parts are %s)", part, strings.Join(partNames, ", "))
		}
	}
	meta := maps.Clone(f.Metadata)
	if meta == nil {
		meta = map[string]string{}
	}
	meta[keyFormat], meta[keyConfig], meta[keyParts] = formats[max(f.Format, 1)-1], string(f.Config), strings.Join(f.Parts, ",")
	marks := map[string]quantized{}
	var entries []entry
	var at int64
	for _, t := range f.Tensors {
		es, bs, err := t.encode()
		if err != nil {
			return nil, nil, err
		}
		for i, e := range es {
			e.begin, e.end = at, at+int64(len(bs[i]))
			at = e.end
			entries, data = append(entries, e), append(data, bs[i])
		}
		if t.Kind == Int8 || t.Kind == Int4 {
			marks[t.Name] = quantized{t.Kind.String(), t.group(), t.Shape}
		}
	}
	delete(meta, keyQuantized)
	if len(marks) > 0 {
		text, err := json.Marshal(marks)
		if err != nil {
			return nil, nil, err
		}
		meta[keyQuantized] = string(text)
	}
	head, err = encodeHeader(meta, entries)
	return head, data, err
}

// writeFile writes one model file and its manifest. An old manifest goes
// first: a model without one opens, and one with another model's does not.
func writeFile(path string, f File, opt WriteOptions) error {
	head, data, err := encodeFile(f)
	if err != nil {
		return err
	}
	manifest := Manifest{Name: opt.Name, Version: opt.Version, License: opt.License, TrainingData: opt.TrainingData,
		File: filepath.Base(path), ConfigSHA256: hashBytes(f.Config)}
	if err := os.Remove(ManifestPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := atomicfile.Write(path, opt.Overwrite, func(w io.Writer) error {
		return compress(w, head, data, &manifest)
	}); err != nil {
		return err
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(ManifestPath(path), opt.Overwrite, append(text, '\n'))
}

func compress(w io.Writer, head []byte, data [][]byte, m *Manifest) error {
	fw, err := newFrameWriter(w, zstd.SpeedBestCompression)
	if err != nil {
		return err
	}
	content := &hashing{sha256.New(), fw, 0}
	for _, b := range append([][]byte{head}, data...) {
		if _, err := content.Write(b); err != nil {
			return err
		}
	}
	if err := fw.close(); err != nil {
		return err
	}
	m.Frames, m.Size, m.ContentSize = fw.list, fw.at, content.size
	m.ModelHash = hex.EncodeToString(content.hash.Sum(nil))
	return nil
}

// hashing hashes what passes through.
type hashing struct {
	hash hash.Hash
	w    io.Writer
	size int64
}

func (h *hashing) Write(p []byte) (int, error) {
	h.hash.Write(p)
	h.size += int64(len(p))
	return h.w.Write(p)
}

// File returns the whole content of a model, dequantized, such that writing it
// again keeps every kind.
func (m *Model) File() (File, error) {
	f := File{Format: 1 + slices.Index(formats, m.Metadata()[keyFormat]), Config: m.Config(), Parts: m.Parts(), Metadata: m.Metadata()}
	for _, key := range []string{keyFormat, keyConfig, keyParts, keyQuantized, keyPiece, keyWhole} {
		delete(f.Metadata, key)
	}
	for _, name := range m.names {
		i, _ := m.Info(name)
		t := Tensor{Name: name, Shape: i.Shape, Kind: i.Kind, Group: i.Group}
		var err error
		if i.Kind == Bytes {
			t.Bytes, err = m.Bytes(name)
		} else {
			t.Float32, err = m.Float32(name)
		}
		if err != nil {
			return f, err
		}
		f.Tensors = append(f.Tensors, t)
	}
	return f, nil
}

// WriteSafetensors writes the content as one plain .safetensors file, without
// compression, which [Open] reads too. A file that is there is kept unless
// overwrite says otherwise (ErrExists).
func WriteSafetensors(path string, f File, overwrite bool) error {
	if _, err := os.Stat(path); err == nil && !overwrite {
		return fmt.Errorf("%w: %s", ErrExists, path)
	}
	head, data, err := encodeFile(f)
	if err != nil {
		return err
	}
	return atomicfile.Write(path, overwrite, func(w io.Writer) error {
		for _, b := range append([][]byte{head}, data...) {
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		return nil
	})
}
