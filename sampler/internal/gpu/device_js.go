package gpu

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall/js"
	"time"

	"github.com/roentgo/roentgo/internal/jspromise"
	"github.com/roentgo/roentgo/shaders"
)

// The flags of GPUBufferUsage.
const (
	usageCopySrc = 0x04
	usageCopyDst = 0x08
	usageUniform = 0x40
	usageStorage = 0x80
)

func requestAdapter() (js.Value, Info, error) {
	webgpu := js.Global().Get("navigator").Get("gpu")
	if !webgpu.Truthy() {
		return webgpu, Info{}, fmt.Errorf("%w: this browser has no WebGPU, or the page does not come from https or localhost", ErrNoDevice)
	}
	a, err := jspromise.Await(webgpu.Call("requestAdapter", map[string]any{"powerPreference": "high-performance"}))
	if err != nil {
		return a, Info{}, fmt.Errorf("%w: %w", ErrNoDevice, err)
	}
	if !a.Truthy() {
		return a, Info{}, fmt.Errorf("%w: this browser has WebGPU but no adapter for it (hardware acceleration may be off)", ErrNoDevice)
	}
	return a, infoOf(a), nil
}

// infoOf describes an adapter. A browser says nothing of its kind but whether
// it is a fallback in software.
func infoOf(adapter js.Value) Info {
	i := adapter.Get("info")
	text := func(name string) string {
		if v := i.Get(name); v.Type() == js.TypeString {
			return v.String()
		}
		return ""
	}
	info := Info{Name: text("description"), Backend: "webgpu", Type: Virtual}
	if info.Name == "" {
		info.Name = strings.TrimSpace(text("vendor") + " " + text("architecture"))
	}
	if info.Name == "" {
		info.Name = "unnamed adapter"
	}
	if strings.Contains(strings.ToLower(info.Name+text("architecture")), "swiftshader") || i.Get("isFallbackAdapter").Truthy() || adapter.Get("isFallbackAdapter").Truthy() {
		info.Type = Software
	}
	return info
}

func adapters() ([]Info, error) {
	_, info, err := requestAdapter()
	if err != nil {
		return nil, err
	}
	return []Info{info}, nil
}

// browser is a device of navigator.gpu. The calls that run in every step are
// made by queue.js, which whoever hosts the program must have loaded.
type browser struct {
	info          Info
	device, queue js.Value
	onLost        js.Func
	gone          chan struct{} // closed when the device is lost

	mu   sync.Mutex
	lost error
	// chunk is memory of JavaScript's through which writes go.
	chunk js.Value
}

// lossDelay is how long to wait for the news of a lost device after a call
// that failed as if it were.
const lossDelay = 2 * time.Second

// writeChunk is how many bytes go to the device at a time.
const writeChunk = 4 << 20

type browserBuffer struct{ buffer js.Value }

func (b *browserBuffer) Free() { b.buffer.Call("destroy") }

type browserPipeline struct{ pipeline, layout js.Value }

func (*browserPipeline) Free() {} // the collector's

type browserGroup struct{ group js.Value }

func (*browserGroup) Free() {} // the collector's

func open() (Device, error) {
	class := js.Global().Get("roentgoQueue")
	if !class.Truthy() {
		return nil, fmt.Errorf("%w: queue.js is not loaded", ErrNoDevice)
	}
	adapter, info, err := requestAdapter()
	if err != nil {
		return nil, err
	}
	// No limits are asked for, so that they are WebGPU's baseline.
	device, err := jspromise.Await(adapter.Call("requestDevice"))
	if err != nil {
		return nil, fmt.Errorf("%w: %s refused: %w", ErrNoDevice, info.Name, err)
	}
	d := &browser{info: info, device: device, queue: class.New(device), gone: make(chan struct{})}
	d.chunk = js.Global().Get("Uint8Array").New(writeChunk)
	d.onLost = js.FuncOf(func(_ js.Value, args []js.Value) any {
		d.mu.Lock()
		d.lost = fmt.Errorf("%w (%s: %s)", ErrLost, args[0].Get("reason").String(), args[0].Get("message").String())
		d.mu.Unlock()
		close(d.gone)
		return nil
	})
	device.Get("lost").Call("then", d.onLost)
	return d, nil
}

func (d *browser) Info() Info { return d.info }

func (d *browser) Close() error {
	d.device.Call("destroy")
	<-d.gone // onLost is called once, and never again
	d.onLost.Release()
	return nil
}

func (d *browser) lostError() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost
}

// failed says why something failed: the device's loss, where there is one,
// which a rejected promise reports before the device itself does.
func (d *browser) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*jspromise.Error](err); ok {
		switch class := e.Value.Get("constructor").Get("name").String(); {
		case class == "GPUOutOfMemoryError":
			return fmt.Errorf("%w while %s: %w", ErrMemory, doing, err)
		case e.Name() == "AbortError" || e.Name() == "OperationError": // the device is being lost
			select {
			case <-d.gone:
			case <-time.After(lossDelay):
			}
		}
	}
	if lost := d.lostError(); lost != nil {
		return lost
	}
	return fmt.Errorf("%w: %s: %w", ErrFault, doing, err)
}

// scoped runs create in error scopes and waits for their verdict.
func (d *browser) scoped(doing string, create func() js.Value) (js.Value, error) {
	if err := d.lostError(); err != nil {
		return js.Undefined(), err
	}
	f := js.FuncOf(func(js.Value, []js.Value) any { return create() })
	defer f.Release()
	v, err := jspromise.Await(d.queue.Call("scoped", f))
	return v, d.failed(doing, err)
}

func (d *browser) NewBuffer(size int) (Buffer, error) {
	v, err := d.scoped(fmt.Sprintf("allocating %d bytes", size), func() js.Value {
		return d.device.Call("createBuffer", map[string]any{"size": size, "usage": usageStorage | usageUniform | usageCopyDst | usageCopySrc})
	})
	if err != nil {
		return nil, err
	}
	return &browserBuffer{v}, nil
}

func (d *browser) Write(dst Buffer, offset int, data []byte) error {
	if err := d.lostError(); err != nil {
		return err
	}
	buffer, queue := dst.(*browserBuffer).buffer, d.device.Get("queue")
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(data) > 0 {
		n := js.CopyBytesToJS(d.chunk, data)
		queue.Call("writeBuffer", buffer, offset, d.chunk, 0, n)
		data, offset = data[n:], offset+n
	}
	return nil
}

func (d *browser) NewPipelines(list []shaders.Source) ([]Pipeline, error) {
	pipelines, errs := make([]Pipeline, len(list)), make([]error, len(list))
	var all sync.WaitGroup
	for i, s := range list {
		all.Go(func() { pipelines[i], errs[i] = d.newPipeline(s) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err // the collector frees the others
	}
	return pipelines, nil
}

func (d *browser) newPipeline(s shaders.Source) (Pipeline, error) {
	if err := d.lostError(); err != nil {
		return nil, err
	}
	kinds := make([]any, s.Bindings)
	for i := range kinds {
		kinds[i] = bindingKind(s, i)
	}
	v, err := jspromise.Await(d.queue.Call("compile", s.WGSL(), s.Entry, kinds))
	if err != nil {
		return nil, d.failed("compiling "+s.File, err)
	}
	return &browserPipeline{v.Get("pipeline"), v.Get("layout")}, nil
}

// bindingKind is the GPUBufferBindingType of a shader's binding.
func bindingKind(s shaders.Source, i int) string {
	switch {
	case i == shaders.ParamsBinding:
		return "uniform"
	case s.Writes(i):
		return "storage"
	}
	return "read-only-storage"
}

func (d *browser) NewGroup(p Pipeline, bindings ...Binding) (Group, error) {
	if err := d.lostError(); err != nil {
		return nil, err
	}
	entries := make([]any, len(bindings))
	for i, b := range bindings {
		resource := map[string]any{"buffer": b.Buffer.(*browserBuffer).buffer, "offset": b.Offset}
		if b.Size > 0 {
			resource["size"] = b.Size
		}
		entries[i] = map[string]any{"binding": i, "resource": resource}
	}
	return &browserGroup{d.device.Call("createBindGroup", map[string]any{"layout": p.(*browserPipeline).layout, "entries": entries})}, nil
}

// browserRecording is a list of dispatches in JavaScript's memory.
type browserRecording struct{ pipelines, groups, counts js.Value }

func (d *browser) Record(list []Dispatch) (Recording, error) {
	array := js.Global().Get("Array")
	r := &browserRecording{array.New(len(list)), array.New(len(list)), js.Undefined()}
	var counts []byte
	for i, o := range list {
		r.pipelines.SetIndex(i, o.Pipeline.(*browserPipeline).pipeline)
		r.groups.SetIndex(i, o.Group.(*browserGroup).group)
		for _, n := range o.Workgroups {
			counts = binary.LittleEndian.AppendUint32(counts, uint32(n))
		}
	}
	bytes := js.Global().Get("Uint8Array").New(len(counts))
	js.CopyBytesToJS(bytes, counts)
	r.counts = js.Global().Get("Uint32Array").New(bytes.Get("buffer"))
	return r, nil
}

func (d *browser) Submit(recording Recording) error {
	if err := d.lostError(); err != nil {
		return err
	}
	r := recording.(*browserRecording)
	d.queue.Call("submit", r.pipelines, r.groups, r.counts)
	return nil
}

// browserCopy is the promise of the bytes.
type browserCopy struct {
	device *browser
	bytes  js.Value
}

func (d *browser) Copy(src Buffer, offset, size int) (Copied, error) {
	if err := d.lostError(); err != nil {
		return nil, err
	}
	return &browserCopy{d, d.queue.Call("copy", src.(*browserBuffer).buffer, offset, size)}, nil
}

func (c *browserCopy) Drop() {} // it comes, and is the collector's

func (c *browserCopy) Wait(dst []byte) error {
	v, err := jspromise.Await(c.bytes)
	if err != nil {
		return c.device.failed("reading", err)
	}
	js.CopyBytesToGo(dst, v)
	return nil
}
