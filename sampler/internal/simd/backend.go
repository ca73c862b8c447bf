//go:build js

package simd

import (
	"context"
	_ "embed"
	"fmt"
	"sync"
	"syscall/js"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/jspromise"
)

// The kernels, for a memory of one thread and for a shared one.
var (
	//go:embed kernels.wasm
	kernels []byte
	//go:embed kernels.threads.wasm
	kernelsOfThreads []byte
)

// Options are those of [New]. The zero value is one thread.
type Options struct {
	// Threads is how many threads to compute with; 0: one per core. There is
	// one alone where memory cannot be shared (the page is not cross-origin
	// isolated), in the thread of a window, which may not wait for others,
	// and without WorkerURL.
	Threads int
	// WorkerURL is where threads.js of this package is served.
	WorkerURL string
}

// ErrUnsupported says that the browser cannot run the kernels.
var ErrUnsupported = graph.Failure("simd: WebAssembly with SIMD128 is needed", graph.ErrUnsupported)

// Backend implements graph.Backend. Its programs share the parameters, which
// lie in the memory of the module.
type Backend struct {
	source  graph.Source
	memory  *memory
	run     js.Value // of the module
	workers []js.Value
	team    uint32 // of a struct team
	loop    *loop

	mu      sync.Mutex
	params  map[param]uint32
	scratch uint32
	room    int // values at scratch that are a thread's
	pace    pace
}

// param names what a parameter's place is kept under.
type param struct {
	name  string
	panel int // rows that are packed together; 0: as in the file
}

var _ graph.Backend = (*Backend)(nil)

// New returns a backend for the parameters of source, which are read when a
// program first needs them. Where threads cannot be started there are fewer,
// as Name says.
func New(ctx context.Context, source graph.Source, o Options) (*Backend, error) {
	if o.Threads < 0 || o.Threads > maxThreads {
		return nil, fmt.Errorf("simd: %d threads; 1 to %d are possible, 0 is one per core", o.Threads, maxThreads)
	}
	threads := o.Threads
	if threads == 0 {
		threads = min(cores(), maxThreads)
	}
	b := &Backend{source: source, params: map[param]uint32{}, pace: newPace(), loop: newLoop()}
	if err := b.start(ctx, threads, o.WorkerURL); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// start makes the module and its memory, and the threads.
func (b *Backend) start(ctx context.Context, threads int, url string) error {
	share := threads > 1 && url != "" && canShare()
	code := kernels
	if share {
		code = kernelsOfThreads
	}
	var err error
	if b.memory, err = newMemory(ctx, share); err != nil {
		return err
	}
	bytes := js.Global().Get("Uint8Array").New(len(code))
	js.CopyBytesToJS(bytes, code)
	module, err := jspromise.Await(js.Global().Get("WebAssembly").Call("compile", bytes))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	imports := map[string]any{"env": map[string]any{"memory": b.memory.object}}
	instance, err := jspromise.Await(js.Global().Get("WebAssembly").Call("instantiate", module, imports))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	exports := instance.Get("exports")
	b.run = exports.Get("run")
	b.memory.end = aligned(uint64(exports.Get("__heap_base").Get("value").Int()))
	if b.team, err = b.memory.alloc(teamWords); err != nil {
		return err
	}
	write(b.memory, b.team, make([]uint32, teamWords))
	for share && len(b.workers) < threads-1 && b.join(ctx, url, module) {
	}
	return ctx.Err()
}

// Name implements graph.Backend.
func (b *Backend) Name() string {
	if len(b.workers) == 0 {
		return "wasm (1 thread, simd128)"
	}
	return fmt.Sprintf("wasm (%d threads, simd128)", len(b.workers)+1)
}

// Memory is how many bytes the parameters and the arenas take.
func (b *Backend) Memory() int { return int(b.memory.end) }

// Close implements graph.Backend.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.workers {
		w.Call("terminate")
	}
	if b.loop != nil {
		b.loop.close()
	}
	b.workers, b.loop, b.memory, b.params, b.run = nil, nil, nil, nil, js.Undefined()
	return nil
}

// plain returns the place of a parameter as it is in the file.
func (b *Backend) plain(n *graph.Node) (uint32, error) {
	return b.resident(param{n.Name, 0}, n.Len(), func(at uint32) error {
		values, err := graph.ParamValues(b.source, n)
		if err == nil {
			write(b.memory, at, values)
		}
		return err
	})
}

// packed returns the place of a parameter (rows, …) in panels of that many
// rows whose values lie side by side; the last panel is filled up with zeros.
func (b *Backend) packed(n *graph.Node, panel int) (uint32, error) {
	rows := n.Shape[0]
	depth := n.Len() / rows
	panels := (rows + panel - 1) / panel
	return b.resident(param{n.Name, panel}, panels*panel*depth, func(at uint32) error {
		values, err := graph.ParamValues(b.source, n)
		if err != nil {
			return err
		}
		buf := make([]float32, panel*depth)
		for first := 0; first < rows; first += panel {
			if first+panel > rows {
				clear(buf)
			}
			for r := first; r < min(first+panel, rows); r++ {
				for k, v := range values[r*depth : (r+1)*depth] {
					buf[k*panel+r-first] = v
				}
			}
			write(b.memory, at+uint32(4*first*depth), buf)
		}
		return nil
	})
}

// resident returns the place of size values of the backend's own, which put
// writes there when they are first asked for.
func (b *Backend) resident(key param, size int, put func(at uint32) error) (uint32, error) {
	if at, ok := b.params[key]; ok {
		return at, nil
	}
	at, err := b.memory.alloc(size)
	if err != nil {
		return 0, fmt.Errorf("parameter %q: %w", key.name, err)
	}
	if err := put(at); err != nil {
		b.memory.release(at, size)
		return 0, err
	}
	b.params[key] = at
	return at, nil
}

// The words of struct team in kernels.h that are written here.
const (
	teamScratch = 7
	teamStride  = 8
	teamWords   = 10
)

// reserve makes room for n values of scratch memory a thread. Their content
// outlives no task, so a program that is between two of them does not miss it.
func (b *Backend) reserve(n int) error {
	if n = padded(n, align/4); n <= b.room {
		return nil
	}
	threads := len(b.workers) + 1
	if b.room > 0 {
		b.memory.release(b.scratch, b.room*threads)
		b.room = 0
	}
	at, err := b.memory.alloc(n * threads)
	if err != nil {
		return err
	}
	b.scratch, b.room = at, n
	write(b.memory, b.team+4*teamScratch, []uint32{at, uint32(n)})
	return nil
}
