package weights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/roentgo/roentgo/internal/regular"
)

// formats are those that this package reads and writes. They have one layout. A
// file states the second where its configuration has what programs that know
// the first alone cannot compute, so that they refuse it by name.
var formats = []string{"1", "2"}

// The metadata keys of a model file that this package gives a meaning to.
const (
	keyFormat    = "roentgo.format"    // one of formats
	keyConfig    = "roentgo.config"    // JSON, opaque here
	keyParts     = "roentgo.parts"     // of text, unet, decoder, encoder, with commas
	keyQuantized = "roentgo.quantized" // JSON: name → kind, group and shape of the int8 and int4 tensors
	keyPiece     = "roentgo.piece"     // "2/3" in the second of three files that make one model
	scaleSuffix  = ".scale"
)

// The parts of a model, of which a file holds some.
const (
	PartText    = "text"
	PartUNet    = "unet"
	PartDecoder = "decoder"
	PartEncoder = "encoder"
)

var partNames = []string{PartText, PartUNet, PartDecoder, PartEncoder}

// Info describes a tensor.
type Info struct {
	Name  string
	Kind  Kind
	Shape []int
	Group int // values that share a scale; 0 unless quantized
	Size  int // bytes before compression, scales included
}

// quantized is what roentgo.quantized says of a tensor.
type quantized struct {
	Kind  string `json:"kind"`
	Group int    `json:"group"`
	Shape []int  `json:"shape"`
}

// Model is an open model: one file, or several that complete each other. It is
// safe for concurrent use.
type Model struct {
	files []*file
	owner map[string]*file
	names []string

	hashOnce sync.Once
	hash     string
	hashErr  error
}

// Options are the caller's limits. Zero values are defaults.
type Options struct {
	MaxBytes int64     // decompressed; 0: DefaultMaxBytes
	Manifest *Manifest // checked frame by frame where given
}

// Open opens a model file, or files that complete each other: parts in files
// of their own, or the pieces of a large one, in any order. A manifest that
// lies beside a file is checked as the file is read. It reads the heads alone.
//
// Errors wrap ErrFormat, ErrTruncated, ErrTooLarge, ErrHash or ErrMissing, or
// are of the file system.
func Open(paths ...string) (*Model, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("%w: no path is given", ErrMissing)
	}
	var files []*file
	fail := func(path string, err error) (*Model, error) {
		for _, f := range files {
			f.close()
		}
		if _, ok := errors.AsType[*os.PathError](err); ok {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, path := range paths {
		f, err := openPath(path)
		if err != nil {
			return fail(path, err)
		}
		files = append(files, f)
	}
	m, err := join(files)
	if err != nil {
		return fail(strings.Join(paths, ", "), err)
	}
	return m, nil
}

func openPath(path string) (*file, error) {
	manifest, err := ReadManifest(path)
	if err != nil {
		return nil, err
	}
	f, size, err := regular.Open(path)
	if errors.Is(err, regular.ErrOther) {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	} else if err != nil {
		return nil, err
	}
	opened, err := openFile(f, size, Options{Manifest: manifest})
	if err != nil {
		f.Close()
		return nil, err
	}
	opened.closer = f
	return opened, nil
}

// OpenReader opens one model file of size bytes. The reader must stay usable
// until Close, and is not closed.
func OpenReader(r io.ReaderAt, size int64, opt Options) (*Model, error) {
	f, err := openFile(r, size, opt)
	if err != nil {
		return nil, err
	}
	return join([]*file{f})
}

// OpenBytes opens a model file in memory, such as an embedded one. Each part that is
// read is checked against the manifest.
func OpenBytes(file, manifest []byte) (*Model, error) {
	m, err := ParseManifest(manifest)
	if err != nil {
		return nil, err
	}
	return OpenReader(bytes.NewReader(file), int64(len(file)), Options{Manifest: m})
}

// join makes one model of files, checking that they complete each other.
func join(files []*file) (*Model, error) {
	m := &Model{files: slices.Clone(files), owner: map[string]*file{}}
	slices.SortStableFunc(m.files, func(a, b *file) int { return a.piece - b.piece })
	pieces := map[int]bool{}
	var size int64
	for _, f := range m.files {
		if size += f.h.size; size > f.maxBytes {
			return nil, fmt.Errorf("%w: the files have more than %d bytes together", ErrTooLarge, f.maxBytes)
		}
		if !jsonEqual(f.h.metadata[keyConfig], m.files[0].h.metadata[keyConfig]) {
			return nil, fmt.Errorf("%w: the files are of different configurations", ErrFormat)
		}
		if f.pieces != m.files[0].pieces || pieces[f.piece] && f.pieces > 1 {
			return nil, fmt.Errorf("%w: the files are not the pieces of one model", ErrFormat)
		}
		if whole := f.h.metadata[keyWhole]; f.pieces > 1 && (len(whole) != 2*sha256.Size || whole != m.files[0].h.metadata[keyWhole]) {
			return nil, fmt.Errorf("%w: the files are pieces of different models: metadata %s is %.80q in one and %.80q in another (each piece of a model has the same 64 digits there)",
				ErrFormat, keyWhole, m.files[0].h.metadata[keyWhole], whole)
		}
		pieces[f.piece] = true
		for _, name := range f.names {
			if m.owner[name] != nil {
				return nil, fmt.Errorf("%w: tensor %q is in two files", ErrFormat, name)
			}
			m.owner[name] = f
			m.names = append(m.names, name)
		}
	}
	if all := m.files[0].pieces; all > 1 && len(pieces) < all {
		for p := 1; p <= all; p++ {
			if !pieces[p] {
				return nil, fmt.Errorf("%w: piece %d of %d", ErrMissing, p, all)
			}
		}
	}
	return m, nil
}

func jsonEqual(a, b string) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, []byte(a)) == nil && json.Compact(&y, []byte(b)) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}

// Close closes the files that Open opened.
func (m *Model) Close() error {
	var errs []error
	for _, f := range m.files {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// Config is the JSON of roentgo.config.
func (m *Model) Config() json.RawMessage {
	return json.RawMessage(m.files[0].h.metadata[keyConfig])
}

// Metadata returns the metadata; of several files, the first to have a key.
func (m *Model) Metadata() map[string]string {
	all := map[string]string{}
	for _, f := range slices.Backward(m.files) {
		maps.Copy(all, f.h.metadata)
	}
	return all
}

// Parts lists which of text, unet, decoder and encoder the model holds.
func (m *Model) Parts() []string {
	var parts []string
	for _, part := range partNames {
		if slices.ContainsFunc(m.files, func(f *file) bool { return slices.Contains(f.parts, part) }) {
			parts = append(parts, part)
		}
	}
	return parts
}

// Names lists the tensors in the order of the file; scales belong to theirs.
func (m *Model) Names() []string { return slices.Clone(m.names) }

// Info describes a tensor.
func (m *Model) Info(name string) (Info, bool) {
	f := m.owner[name]
	if f == nil {
		return Info{}, false
	}
	return f.info(name), true
}

// Float32 returns the values of a tensor, dequantized, row-major. Errors wrap
// ErrMissing, ErrFormat (values that no writer makes, or a tensor of bytes),
// ErrHash or ErrTruncated.
func (m *Model) Float32(name string) ([]float32, error) {
	f := m.owner[name]
	if f == nil {
		return nil, fmt.Errorf("%w: tensor %q", ErrMissing, name)
	}
	return f.float32(name)
}

// Bytes returns a tensor of bytes.
func (m *Model) Bytes(name string) ([]byte, error) {
	f := m.owner[name]
	if f == nil {
		return nil, fmt.Errorf("%w: tensor %q", ErrMissing, name)
	}
	if i := f.info(name); i.Kind != Bytes {
		return nil, fmt.Errorf("%w: tensor %q is %s, not bytes", ErrFormat, name, i.Kind)
	}
	return readEntry(f.r, f.h, f.h.entries[name])
}

// Hash returns the model hash: SHA-256 of the decompressed safetensors, in
// hexadecimal; of several files, SHA-256 of their hashes, sorted and joined by
// newlines. The first call reads everything.
func (m *Model) Hash() (string, error) {
	m.hashOnce.Do(func() { m.hash, m.hashErr = m.readHash(context.Background()) })
	return m.hash, m.hashErr
}

func (m *Model) readHash(ctx context.Context) (string, error) {
	var hashes []string
	for _, f := range m.files {
		h := sha256.New()
		if err := f.hashTo(ctx, h); err != nil {
			return "", err
		}
		sum := hex.EncodeToString(h.Sum(nil))
		if f.manifest != nil && f.manifest.ModelHash != sum {
			return "", fmt.Errorf("%w: the model's is %s, the manifest's %.80q", ErrHash, sum, f.manifest.ModelHash)
		}
		hashes = append(hashes, sum)
	}
	if len(hashes) == 1 {
		return hashes[0], nil
	}
	slices.Sort(hashes)
	return hashBytes([]byte(strings.Join(hashes, "\n"))), nil
}

// Verify reads everything and checks every rule: the hashes of the frames and
// of the model against the manifest, where there is one, the identity of the
// whole where the files are pieces, and every value. It holds a few frames of
// the file, and no tensor.
func (m *Model) Verify(ctx context.Context) error {
	hash, err := m.readHash(ctx)
	if err != nil {
		return err
	}
	m.hashOnce.Do(func() { m.hash = hash })
	if err := m.checkWhole(ctx); err != nil {
		return err
	}
	for _, name := range m.names {
		if err := m.owner[name].check(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// file is one open model file.
type file struct {
	r         io.ReaderAt // decompressed
	frames    *frames     // nil where the file is not compressed
	closer    io.Closer
	h         *header
	manifest  *Manifest
	quantized map[string]quantized
	names     []string // without scales
	parts     []string
	piece     int
	pieces    int
	maxBytes  int64
}

func (f *file) close() error {
	if f.frames != nil {
		f.frames.close()
	}
	if f.closer != nil {
		return f.closer.Close()
	}
	return nil
}

// zstdMagic begins a zstd frame; a safetensors file begins with the length of
// its header, which is below it in the eight bytes.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// openFile opens a model file, compressed or as plain safetensors.
func openFile(r io.ReaderAt, size int64, opt Options) (_ *file, err error) {
	if opt.MaxBytes == 0 {
		opt.MaxBytes = DefaultMaxBytes
	}
	f := &file{r: r, manifest: opt.Manifest, maxBytes: opt.MaxBytes}
	content := size
	var magic [4]byte
	if err := readFull(r, magic[:], 0); err != nil {
		return nil, err
	}
	if opt.Manifest != nil && opt.Manifest.Size != size {
		kind := ErrHash
		if size < opt.Manifest.Size {
			kind = ErrTruncated
		}
		return nil, fmt.Errorf("%w: the file has %d bytes, its manifest says %d", kind, size, opt.Manifest.Size)
	}
	if bytes.Equal(magic[:], zstdMagic) {
		if f.frames, err = openFrames(r, size, opt.MaxBytes); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				f.frames.close()
			}
		}()
		if opt.Manifest != nil {
			if err := f.frames.pin(opt.Manifest); err != nil {
				return nil, err
			}
		}
		f.r, content = f.frames, f.frames.size()
	}
	if f.h, err = readHeader(f.r, content, opt.MaxBytes, false); err != nil {
		return nil, err
	}
	if err := f.checkMetadata(); err != nil {
		return nil, err
	}
	return f, f.checkKinds()
}

func (f *file) checkMetadata() error {
	meta := f.h.metadata
	if err := checkMetadataSizes(meta); err != nil {
		return err
	}
	if !slices.Contains(formats, meta[keyFormat]) {
		return fmt.Errorf("%w: metadata %s is %.80q, this program reads %q (a safetensors file of another program, or one that needs a newer roentgo)", ErrFormat, keyFormat, meta[keyFormat], formats)
	}
	if !json.Valid([]byte(meta[keyConfig])) {
		return fmt.Errorf("%w: metadata %s is not JSON", ErrFormat, keyConfig)
	}
	if meta[keyParts] != "" {
		f.parts = strings.Split(meta[keyParts], ",")
	}
	for i, part := range f.parts {
		if !slices.Contains(partNames, part) || slices.Contains(f.parts[:i], part) {
			return fmt.Errorf("%w: metadata %s %q (parts are %s, each once)", ErrFormat, keyParts, meta[keyParts], strings.Join(partNames, ", "))
		}
	}
	f.piece, f.pieces = 1, 1
	if s, ok := meta[keyPiece]; ok {
		if n, err := fmt.Sscanf(s, "%d/%d", &f.piece, &f.pieces); n != 2 || err != nil ||
			f.piece < 1 || f.piece > f.pieces || f.pieces > 1000 || s != fmt.Sprintf("%d/%d", f.piece, f.pieces) {
			return fmt.Errorf("%w: metadata %s is %q, not such as 2/3", ErrFormat, keyPiece, s)
		}
	}
	if s, ok := meta[keyQuantized]; ok {
		var err error
		if f.quantized, err = parseQuantized(s, f.h.entries); err != nil {
			return fmt.Errorf("%w: metadata %s: %w", ErrFormat, keyQuantized, err)
		}
	}
	return nil
}

// checkMetadataSizes bounds each text before anything is made of it.
func checkMetadataSizes(meta map[string]string) error {
	for key, text := range meta {
		most := maxMetadata
		switch key {
		case keyConfig:
			most = maxConfig
		case keyQuantized:
			most = maxHeader
		}
		if len(key) > maxName || len(text) > most {
			return fmt.Errorf("%w: metadata %.80q has %d bytes, the limit is %d", ErrTooLarge, key, len(text), most)
		}
	}
	return nil
}

// parseQuantized reads the metadata of that name. Each of its names must be a
// tensor of the file, so that it makes no more of them than there are.
func parseQuantized(text string, entries map[string]entry) (map[string]quantized, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not an object")
	}
	all := map[string]quantized{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, ok := entries[name]; !ok {
			return nil, fmt.Errorf("%.80q: there is no such tensor", name)
		}
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%q is there twice", name)
		}
		var q quantized
		if err := d.Decode(&q); err != nil {
			return nil, err
		}
		if len(q.Shape) < 1 || len(q.Shape) > maxRank {
			return nil, fmt.Errorf("%q: %d dimensions, 1 to %d are possible", name, len(q.Shape), maxRank)
		}
		all[name] = q
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("text follows the JSON")
	}
	return all, nil
}

// checkKinds checks that every tensor is a float, bytes, or the codes or the
// scales of a quantized one, each of its right shape.
func (f *file) checkKinds() error {
	scales := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(f.quantized)) {
		q := f.quantized[name]
		bad := func(format string, a ...any) error {
			return fmt.Errorf("%w: quantized tensor %q: %s", ErrFormat, name, fmt.Sprintf(format, a...))
		}
		values := int64(1)
		for _, n := range q.Shape {
			if n < 1 || n > math.MaxInt32 || values > math.MaxInt32/int64(n) {
				return bad("shape %v is empty, negative or overflows", q.Shape)
			}
			values *= int64(n)
		}
		if q.Group < 1 || q.Group > math.MaxInt32 {
			return bad("shape %v with groups of %d", q.Shape, q.Group)
		}
		codes := f.h.entries[name]
		g := newGrid(q.Shape, q.Group)
		switch q.Kind {
		case Int8.String():
			if codes.dtype != dI8 || !slices.Equal(codes.shape, q.Shape) {
				return bad("its codes are %s %v, I8 %v is needed", codes.dtype, codes.shape, q.Shape)
			}
		case Int4.String():
			if want := []int{g.out, g.rowBytes()}; codes.dtype != dU8 || !slices.Equal(codes.shape, want) {
				return bad("its codes are %s %v, U8 %v is needed", codes.dtype, codes.shape, want)
			}
		default:
			return bad("kind %.80q is neither int8 nor int4", q.Kind)
		}
		scale, ok := f.h.entries[name+scaleSuffix]
		if want := []int{g.out, g.groups()}; !ok || scale.dtype != dF16 || !slices.Equal(scale.shape, want) {
			return bad("its scales must be F16 %v in %q", want, name+scaleSuffix)
		}
		scales[name+scaleSuffix] = true
	}
	for _, name := range f.h.order {
		e := f.h.entries[name]
		_, isQuantized := f.quantized[name]
		switch {
		case scales[name]:
			if isQuantized {
				return fmt.Errorf("%w: tensor %q is quantized, and a scale", ErrFormat, name)
			}
			continue
		case strings.HasSuffix(name, scaleSuffix):
			return fmt.Errorf("%w: tensor %q is the scale of no quantized tensor", ErrFormat, name)
		case e.dtype == dI8 && !isQuantized:
			return fmt.Errorf("%w: tensor %q is I8, and metadata %s does not have it", ErrFormat, name, keyQuantized)
		}
		f.names = append(f.names, name)
	}
	return nil
}

func (f *file) info(name string) Info {
	e := f.h.entries[name]
	i := Info{Name: name, Shape: slices.Clone(e.shape), Size: int(e.end - e.begin)}
	if q, ok := f.quantized[name]; ok {
		i.Kind, _ = ParseKind(q.Kind)
		i.Shape, i.Group = slices.Clone(q.Shape), q.Group
		s := f.h.entries[name+scaleSuffix]
		i.Size += int(s.end - s.begin)
		return i
	}
	i.Kind = map[dtype]Kind{dF32: F32, dF16: F16, dU8: Bytes}[e.dtype]
	return i
}

func (f *file) float32(name string) ([]float32, error) {
	i := f.info(name)
	e := f.h.entries[name]
	if i.Kind == Bytes {
		return nil, fmt.Errorf("%w: tensor %q is bytes, not numbers", ErrFormat, name)
	}
	raw, err := readEntry(f.r, f.h, e)
	if err == nil {
		err = f.rule(name)(0, raw)
	}
	if err != nil {
		return nil, err
	}
	values := 1
	for _, n := range i.Shape {
		values *= n
	}
	out := make([]float32, values)
	if i.Kind != Int8 && i.Kind != Int4 {
		return out, floats(e, raw, out)
	}
	g := newGrid(i.Shape, i.Group)
	scales, err := readEntry(f.r, f.h, f.h.entries[name+scaleSuffix])
	if err == nil {
		err = scaleRule(name, g)(0, scales)
	}
	if err != nil {
		return nil, err
	}
	g.dequantize(i.Kind, raw, scales, out)
	return out, nil
}

// halfBytes returns binary16 values as the file has them, little-endian.
func halfBytes(h []uint16) []byte {
	b := make([]byte, 0, 2*len(h))
	for _, v := range h {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}
