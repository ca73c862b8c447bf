//go:build js

package simd

import (
	"context"
	"fmt"
	"syscall/js"
	"time"
	"unsafe"

	"github.com/roentgo/roentgo/internal/graph"
)

// ErrMemory is wrapped by errors of a memory that cannot grow any more.
var ErrMemory = graph.Failure("simd: out of memory", graph.ErrMemory)

const (
	pageSize = 64 << 10
	maxPages = 1 << 16 // 4 GiB
	// leastPages is the most that a memory must be able to have: 512 MiB hold
	// the published model and its arena.
	leastPages = 1 << 13
)

// memory is that of the module. Its places are byte addresses.
type memory struct {
	object js.Value // a WebAssembly.Memory
	bytes  js.Value // a Uint8Array of all of it, until it grows
	size   uint64
	most   uint64 // pages
	allocator
}

// newMemory makes a memory that holds the module's stack. Browsers set aside
// addresses for it, have only so many, and take those of a closed backend back
// when its threads have ended, which is waited for where there are none.
func newMemory(ctx context.Context, shared bool) (*memory, error) {
	const pages, patience = 2, time.Second
	m := &memory{size: pages * pageSize, most: maxPages}
	for wait := time.Millisecond; ; wait *= 2 {
		options := map[string]any{"initial": pages, "maximum": m.most, "shared": shared}
		err := caught(func() { m.object = js.Global().Get("WebAssembly").Get("Memory").New(options) })
		if err == nil {
			m.look()
			return m, nil
		}
		if wait < patience {
			time.Sleep(wait)
		} else if m.most /= 2; m.most < leastPages {
			return nil, fmt.Errorf("%w: %w", ErrMemory, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// look makes a view of the memory as it is now.
func (m *memory) look() { m.bytes = js.Global().Get("Uint8Array").New(m.object.Get("buffer")) }

// alloc returns the place of n values of 4 bytes.
func (m *memory) alloc(n int) (uint32, error) {
	at, err := m.allocator.alloc(4*uint64(n), m.reach)
	return uint32(at), err
}

// reach grows the memory up to end.
func (m *memory) reach(end uint64) error {
	if end <= m.size {
		return nil
	}
	pages := (end - m.size + pageSize - 1) / pageSize
	if m.size/pageSize+pages > m.most {
		return fmt.Errorf("%w: %d MiB are needed, there are at most %d", ErrMemory, end>>20, m.most*pageSize>>20)
	}
	if err := caught(func() { m.object.Call("grow", pages) }); err != nil {
		return fmt.Errorf("%w: %d MiB are needed, there are %d: %w", ErrMemory, end>>20, m.size>>20, err)
	}
	m.size += pages * pageSize
	m.look()
	return nil
}

// release frees n values of 4 bytes.
func (m *memory) release(at uint32, n int) { m.allocator.release(uint64(at), 4*uint64(n)) }

// write copies values of 4 bytes to a place, and read from it.
func write[T float32 | uint32](m *memory, at uint32, values []T) {
	js.CopyBytesToJS(m.view(at, len(values)), bytesOf(values))
}

func read[T float32 | uint32](m *memory, values []T, at uint32) {
	js.CopyBytesToGo(bytesOf(values), m.view(at, len(values)))
}

func (m *memory) view(at uint32, n int) js.Value {
	return m.bytes.Call("subarray", at, uint64(at)+4*uint64(n))
}

// bytesOf is the memory of values; WebAssembly is little-endian, as the
// module is.
func bytesOf[T float32 | uint32](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values))
}

// caught returns what f throws.
func caught(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			thrown, ok := r.(js.Error)
			if !ok {
				panic(r)
			}
			err = thrown
		}
	}()
	f()
	return nil
}
