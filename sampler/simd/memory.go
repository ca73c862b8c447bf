//go:build js

package simd

import (
	"errors"
	"fmt"
	"syscall/js"
	"unsafe"
)

// ErrMemory is wrapped by errors of a memory that cannot grow any more.
var ErrMemory = errors.New("simd: out of memory")

const (
	pageSize = 64 << 10
	maxPages = 1 << 16 // 4 GiB
)

// memory is that of the module. Its places are byte addresses.
type memory struct {
	object js.Value // a WebAssembly.Memory
	bytes  js.Value // a Uint8Array of all of it, until it grows
	size   uint64
	allocator
}

// newMemory makes a memory of that many pages at first.
func newMemory(pages int, shared bool) (*memory, error) {
	m := &memory{size: uint64(pages) * pageSize}
	options := map[string]any{"initial": pages, "maximum": maxPages, "shared": shared}
	err := caught(func() { m.object = js.Global().Get("WebAssembly").Get("Memory").New(options) })
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMemory, err)
	}
	m.look()
	return m, nil
}

// look makes a view of the memory as it is now.
func (m *memory) look() { m.bytes = js.Global().Get("Uint8Array").New(m.object.Get("buffer")) }

// alloc returns the place of n values of 4 bytes.
func (m *memory) alloc(n int) (uint32, error) {
	before := m.allocator.end
	at := m.allocator.alloc(4 * uint64(n))
	if m.end > m.size {
		pages := (m.end - m.size + pageSize - 1) / pageSize
		var err error
		if (m.size/pageSize)+pages > maxPages {
			err = fmt.Errorf("a module has at most %d MiB", maxPages*pageSize>>20)
		} else {
			err = caught(func() { m.object.Call("grow", pages) })
		}
		if err != nil {
			m.allocator.release(at, 4*uint64(n))
			m.shrink(before)
			return 0, fmt.Errorf("%w: %d MiB more than %d: %w", ErrMemory, pages*pageSize>>20, m.size>>20, err)
		}
		m.size += pages * pageSize
		m.look()
	}
	return uint32(at), nil
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
