//go:build js

package main

import (
	"io"
	"sort"
	"sync"
	"syscall/js"

	"github.com/roentgo/roentgo/internal/jspromise"
	"github.com/roentgo/roentgo/weights"
)

// pieces is a model file in the store: one piece per frame of the manifest, and
// the seek table, which the manifest describes. The store checks each piece
// before it gives it.
type pieces struct {
	store    js.Value
	manifest *weights.Manifest
	tail     []byte

	mu    sync.Mutex
	index int    // of the piece that is here; −1: none
	bytes []byte // of it
}

func newPieces(store js.Value, m *weights.Manifest) *pieces {
	return &pieces{store: store, manifest: m, tail: weights.SeekTable(m.Frames), index: -1}
}

func (p *pieces) size() int64 { return p.tailAt() + int64(len(p.tail)) }

func (p *pieces) tailAt() int64 {
	last := p.manifest.Frames[len(p.manifest.Frames)-1]
	return last.Offset + last.Size
}

// ReadAt implements io.ReaderAt. It waits for the store.
func (p *pieces) ReadAt(b []byte, at int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(b) {
		here := at + int64(n)
		if here >= p.size() || here < 0 {
			return n, io.EOF
		}
		if here >= p.tailAt() {
			n += copy(b[n:], p.tail[here-p.tailAt():])
			continue
		}
		frames := p.manifest.Frames
		i := sort.Search(len(frames), func(i int) bool { return frames[i].Offset+frames[i].Size > here })
		if err := p.load(i); err != nil {
			return n, err
		}
		n += copy(b[n:], p.bytes[here-frames[i].Offset:])
	}
	return n, nil
}

func (p *pieces) load(i int) error {
	if p.index == i {
		return nil
	}
	v, err := jspromise.Await(p.store.Call("piece", i))
	if err != nil {
		return err
	}
	p.index, p.bytes = -1, p.bytes[:0]
	if n := v.Get("length").Int(); int64(n) != p.manifest.Frames[i].Size {
		return weights.ErrTruncated
	}
	if cap(p.bytes) < int(p.manifest.Frames[i].Size) {
		p.bytes = make([]byte, p.manifest.Frames[i].Size)
	}
	p.bytes = p.bytes[:p.manifest.Frames[i].Size]
	js.CopyBytesToGo(p.bytes, v)
	p.index = i
	return nil
}
