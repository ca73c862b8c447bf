package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The zstd seekable format (facebook/zstd, contrib/seekable_format): frames,
// then a skippable frame with the sizes of each and a footer of nine bytes.
const (
	skippableMagic = 0x184D2A5E
	seekableMagic  = 0x8F92EAB1
	seekFooter     = 9
	seekEntry      = 8
	skippableHead  = 8
	// frameSize is what a writer puts into a frame: small enough to fetch
	// again after a cut, large enough to compress.
	frameSize = 1 << 20
	// maxZstdMemory bounds the window that a frame may ask for.
	maxZstdMemory = 2 * maxFrame
)

// frame is a zstd frame by its place in the file and in the content.
type frame struct {
	at, size         int64 // compressed
	begin, end       int64 // decompressed
	manifestedSHA256 string
}

// frames is the content of a seekable zstd file, readable anywhere. It is safe
// for concurrent use.
type frames struct {
	r    io.ReaderAt
	list []frame

	mu      sync.Mutex
	decoder *zstd.Decoder
	// The frame read last stays decompressed, since small tensors share one.
	cached int
	cache  []byte
	packed []byte
}

// openFrames reads the seek table and checks it against the size of the file.
func openFrames(r io.ReaderAt, size, maxBytes int64) (*frames, error) {
	var foot [seekFooter]byte
	if size < seekFooter+skippableHead {
		return nil, fmt.Errorf("%w: %d bytes cannot hold a model file", ErrTruncated, size)
	}
	if err := readFull(r, foot[:], size-seekFooter); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(foot[5:]) != seekableMagic {
		return nil, fmt.Errorf("%w: there is no zstd seek table at the end (cut short, or compressed by another program)", ErrTruncated)
	}
	n := int64(binary.LittleEndian.Uint32(foot[:]))
	if n > maxFrames {
		return nil, fmt.Errorf("%w: %d frames, the limit is %d", ErrTooLarge, n, maxFrames)
	}
	if foot[4] != 0 {
		return nil, fmt.Errorf("%w: seek table descriptor %#02x, only 0 is known", ErrFormat, foot[4])
	}
	table := n*seekEntry + seekFooter
	start := size - table - skippableHead
	if start < 0 {
		return nil, fmt.Errorf("%w: a seek table of %d frames is larger than the file", ErrFormat, n)
	}
	head := make([]byte, skippableHead+n*seekEntry)
	if err := readFull(r, head, start); err != nil {
		return nil, err
	}
	if binary.LittleEndian.Uint32(head) != skippableMagic || int64(binary.LittleEndian.Uint32(head[4:])) != table {
		return nil, fmt.Errorf("%w: the seek table does not begin where its count says", ErrFormat)
	}
	f := &frames{r: r, list: make([]frame, n), cached: -1}
	var at, content int64
	for i := range f.list {
		e := head[skippableHead+i*seekEntry:]
		c, d := int64(binary.LittleEndian.Uint32(e)), int64(binary.LittleEndian.Uint32(e[4:]))
		if d == 0 || d > maxFrame || c > maxFrame+maxFrame/8 {
			return nil, fmt.Errorf("%w: frame %d holds %d bytes in %d, the limit is %d", ErrTooLarge, i, d, c, maxFrame)
		}
		f.list[i] = frame{at: at, size: c, begin: content, end: content + d}
		at, content = at+c, content+d
	}
	if at != start {
		return nil, fmt.Errorf("%w: the frames of the seek table end at %d, the table begins at %d", ErrFormat, at, start)
	}
	if content > maxBytes {
		return nil, fmt.Errorf("%w: %d bytes decompressed, the limit is %d", ErrTooLarge, content, maxBytes)
	}
	var err error
	f.decoder, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxZstdMemory))
	return f, err
}

func (f *frames) close() { f.decoder.Close() }

// size is the length of the decompressed content.
func (f *frames) size() int64 {
	if len(f.list) == 0 {
		return 0
	}
	return f.list[len(f.list)-1].end
}

// ReadAt reads decompressed content.
func (f *frames) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("%w: read at %d", ErrFormat, off)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(p) {
		at := off + int64(n)
		i := sort.Search(len(f.list), func(i int) bool { return f.list[i].end > at })
		if i == len(f.list) {
			return n, io.EOF
		}
		if err := f.load(i); err != nil {
			return n, err
		}
		n += copy(p[n:], f.cache[at-f.list[i].begin:])
	}
	return n, nil
}

// load decompresses frame i into the cache.
func (f *frames) load(i int) error {
	if f.cached == i {
		return nil
	}
	f.cached = -1
	fr := f.list[i]
	if int64(cap(f.packed)) < fr.size {
		f.packed = make([]byte, fr.size)
	}
	packed := f.packed[:fr.size]
	if err := readFull(f.r, packed, fr.at); err != nil {
		return err
	}
	if fr.manifestedSHA256 != "" && hashBytes(packed) != fr.manifestedSHA256 {
		return fmt.Errorf("%w: frame %d is not the one of the manifest", ErrHash, i)
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil || h.Skippable {
		return fmt.Errorf("%w: frame %d is not a zstd frame", ErrFormat, i)
	}
	if want := uint64(fr.end - fr.begin); h.HasFCS && h.FrameContentSize != want {
		return fmt.Errorf("%w: frame %d holds %d bytes, the seek table says %d", ErrFormat, i, h.FrameContentSize, want)
	}
	if int64(cap(f.cache)) < fr.end-fr.begin {
		f.cache = make([]byte, 0, fr.end-fr.begin)
	}
	out, err := f.decoder.DecodeAll(packed, f.cache[:0])
	switch {
	case errors.Is(err, zstd.ErrCRCMismatch):
		return fmt.Errorf("%w: frame %d: %w", ErrHash, i, err)
	case err != nil:
		return fmt.Errorf("%w: frame %d: %w", ErrFormat, i, err)
	case int64(len(out)) != fr.end-fr.begin:
		return fmt.Errorf("%w: frame %d holds %d bytes, the seek table says %d", ErrFormat, i, len(out), fr.end-fr.begin)
	}
	f.cache, f.cached = out, i
	return nil
}

// frameWriter compresses what is written to it into frames, and remembers
// them for the seek table and the manifest.
type frameWriter struct {
	w       io.Writer
	encoder *zstd.Encoder
	pending []byte
	packed  []byte
	list    []Frame
	at      int64
}

func newFrameWriter(w io.Writer, level zstd.EncoderLevel) (*frameWriter, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level),
		zstd.WithEncoderCRC(true), zstd.WithWindowSize(frameSize))
	return &frameWriter{w: w, encoder: e}, err
}

func (w *frameWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), frameSize-len(w.pending))
		w.pending = append(w.pending, p[:k]...)
		p = p[k:]
		if len(w.pending) == frameSize {
			if err := w.flush(); err != nil {
				return n - len(p), err
			}
		}
	}
	return n, nil
}

func (w *frameWriter) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	w.packed = w.encoder.EncodeAll(w.pending, w.packed[:0])
	w.list = append(w.list, Frame{Offset: w.at, Size: int64(len(w.packed)), Content: int64(len(w.pending)), SHA256: hashBytes(w.packed)})
	w.at += int64(len(w.packed))
	w.pending = w.pending[:0]
	_, err := w.w.Write(w.packed)
	return err
}

// close writes the last frame and the seek table.
func (w *frameWriter) close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if len(w.list) > maxFrames {
		return fmt.Errorf("%w: %d frames", ErrTooLarge, len(w.list))
	}
	b := SeekTable(w.list)
	w.at += int64(len(b))
	_, err := w.w.Write(b)
	return errors.Join(err, w.encoder.Close())
}

// SeekTable is what follows the frames of a model file: with the frames of its
// manifest, in order, it makes the file whole again.
func SeekTable(list []Frame) []byte {
	b := binary.LittleEndian.AppendUint32(nil, skippableMagic)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)*seekEntry+seekFooter))
	for _, f := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(f.Size))
		b = binary.LittleEndian.AppendUint32(b, uint32(f.Content))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(list)))
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint32(b, seekableMagic)
	return b
}
