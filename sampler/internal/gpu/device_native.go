//go:build cgo && !js

package gpu

/*
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Of webgpu.h and wgpu.h, in the version that the binding links. Weak, so that
// this file compiles by itself.
typedef void (*map_callback)(int status, void *userdata);
typedef void (*error_callback)(int type, char const *message, void *userdata);
extern void wgpuBufferMapAsync(void *buffer, uint32_t mode, size_t offset, size_t size, map_callback, void *userdata) __attribute__((weak));
extern uint32_t wgpuDevicePoll(void *device, uint32_t wait, void const *index) __attribute__((weak));
extern void const *wgpuBufferGetConstMappedRange(void *buffer, size_t offset, size_t size) __attribute__((weak));
extern void wgpuBufferUnmap(void *buffer) __attribute__((weak));
extern void wgpuDevicePushErrorScope(void *device, int filter) __attribute__((weak));
extern void wgpuDevicePopErrorScope(void *device, error_callback, void *userdata) __attribute__((weak));

enum { PENDING = -1, REFUSED = -2, NO_RANGE = -3, TIMEOUT = -4 };

struct mapping {
	volatile int status;
	int failed;
	char message[512];
};

static void on_map(int status, void *userdata) { ((struct mapping *)userdata)->status = status; }

static void on_error(int type, char const *message, void *userdata) {
	struct mapping *m = userdata;
	m->failed = type;
	if (message) strncpy(m->message, message, sizeof m->message - 1);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

// map_read maps a buffer, waits, copies it out and unmaps it. The binding's
// own map keeps the address of a Go object in C, which a garbage collection
// before the callback invalidates; and its Poll(true) gives up after 5 s and
// reports everything done. After a timeout *state stays allocated: the
// callback may still come.
static int map_read(void *device, void *buffer, size_t size, void *dst, double seconds, struct mapping **state) {
	struct mapping *m = *state = calloc(1, sizeof *m);
	if (!m) return REFUSED;
	m->status = PENDING;
	wgpuDevicePushErrorScope(device, 1);
	wgpuBufferMapAsync(buffer, 1, 0, size, on_map, m);
	wgpuDevicePopErrorScope(device, on_error, m);
	if (m->failed) return REFUSED;
	double end = now() + seconds;
	for (long us = 20; m->status == PENDING; us = us < 1000 ? us * 2 : 1000) {
		wgpuDevicePoll(device, 0, NULL);
		if (m->status != PENDING) break;
		if (now() > end) return TIMEOUT;
		struct timespec t = {0, us * 1000};
		nanosleep(&t, NULL);
	}
	if (m->status != 0) return m->status;
	void const *range = wgpuBufferGetConstMappedRange(buffer, 0, size);
	if (!range) return NO_RANGE;
	memcpy(dst, range, size);
	wgpuBufferUnmap(buffer);
	return 0;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"unsafe"

	"github.com/cogentcore/webgpu/wgpu"

	"github.com/roentgo/roentgo/shaders"
)

// readTimeout is how many seconds a device may take for all that was queued:
// far more than a step of the largest network in software.
const readTimeout = 120

// instance returns WebGPU. Its descriptor stays nil: the binding passes
// uninitialised memory for one.
func instance() *wgpu.Instance {
	wgpu.SetLogLevel(wgpu.LogLevelOff)
	if os.Getenv("XDG_RUNTIME_DIR") == "" {
		os.Setenv("XDG_RUNTIME_DIR", os.TempDir()) // the library looks for a display there, and says so on stderr without it
	}
	return wgpu.CreateInstance(nil)
}

// found is an adapter of an instance.
type found struct {
	adapter *wgpu.Adapter
	info    Info
}

// enumerate lists the adapters that can compute, the best first. The OpenGL
// ones are left out: they are the same devices, and lack what we need.
func enumerate(i *wgpu.Instance) ([]found, error) {
	var list []found
	for _, a := range i.EnumerateAdapters(nil) {
		g := a.GetInfo()
		if g.BackendType == wgpu.BackendTypeOpenGL || g.BackendType == wgpu.BackendTypeOpenGLES {
			a.Release()
			continue
		}
		name := g.DriverDescription // people's name; Name is a number with some drivers
		if name == "" {
			name = g.Name
		}
		list = append(list, found{a, Info{Name: name, Backend: g.BackendType.String(), Type: typeOf(g.AdapterType)}})
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no Vulkan, Metal or Direct3D 12 adapter was found (install the graphics card's driver; in software, on Debian: apt-get install mesa-vulkan-drivers libvulkan1)", ErrNoDevice)
	}
	slices.SortStableFunc(list, func(a, b found) int { return a.info.rank() - b.info.rank() })
	return list, nil
}

// rank orders adapters: the lower is preferred.
func (i Info) rank() int {
	switch i.Type {
	case Discrete:
		return 0
	case Integrated:
		return 1
	case Virtual:
		return 2
	}
	return 3
}

func typeOf(t wgpu.AdapterType) Type {
	switch t {
	case wgpu.AdapterTypeDiscreteGPU:
		return Discrete
	case wgpu.AdapterTypeIntegratedGPU:
		return Integrated
	case wgpu.AdapterTypeCPU:
		return Software
	}
	return Virtual
}

func adapters() ([]Info, error) {
	i := instance()
	defer i.Release()
	list, err := enumerate(i)
	if err != nil {
		return nil, err
	}
	var infos []Info
	for _, f := range list {
		infos = append(infos, f.info)
		f.adapter.Release()
	}
	return infos, nil
}

type native struct {
	info     Info
	instance *wgpu.Instance
	adapter  *wgpu.Adapter
	device   *wgpu.Device
	queue    *wgpu.Queue

	mu   sync.Mutex // the library's poll and map must not run at one time
	free []staging  // the last used at the end
	lost error
}

// staging is a buffer that the host can read, once it is mapped.
type staging struct {
	buffer *wgpu.Buffer
	size   int
}

// maxFree is how many staging buffers are kept: a sampler has two sets of
// vectors in flight, and there is the image.
const maxFree = 4

type nativeBuffer struct {
	buffer *wgpu.Buffer
}

type nativePipeline struct {
	pipeline *wgpu.ComputePipeline
	layout   *wgpu.BindGroupLayout
}

type nativeGroup struct {
	group *wgpu.BindGroup
}

func (b *nativeBuffer) Free() {
	b.buffer.Destroy()
	b.buffer.Release()
}

func (p *nativePipeline) Free() {
	p.pipeline.Release()
	p.layout.Release()
}

func (g *nativeGroup) Free() { g.group.Release() }

func open() (Device, error) {
	i := instance()
	list, err := enumerate(i)
	if err != nil {
		i.Release()
		return nil, err
	}
	for _, f := range list[1:] {
		f.adapter.Release()
	}
	d := &native{info: list[0].info, instance: i, adapter: list[0].adapter}
	// No limits are asked for, so that they are WebGPU's baseline; and no
	// callback for a lost device, which panics in the binding.
	if d.device, err = d.adapter.RequestDevice(nil); err != nil {
		d.adapter.Release()
		i.Release()
		return nil, fmt.Errorf("%w: %s refused: %w", ErrNoDevice, d.info.Name, err)
	}
	d.queue = d.device.GetQueue()
	return d, nil
}

func (d *native) Info() Info { return d.info }

// failed remembers that the device is gone: nothing can be done with it.
func (d *native) failed(doing string, err error) error {
	if err != nil {
		err = fmt.Errorf("%w while %s: %w", ErrLost, doing, err)
		d.lost = err
	}
	return err
}

func (d *native) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.free {
		s.buffer.Release()
	}
	d.queue.Release()
	d.device.Release()
	d.adapter.Release()
	d.instance.Release()
	return nil
}

func (d *native) NewBuffer(size int) (Buffer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b, err := d.device.CreateBuffer(&wgpu.BufferDescriptor{Size: uint64(size),
		Usage: wgpu.BufferUsageStorage | wgpu.BufferUsageUniform | wgpu.BufferUsageCopyDst | wgpu.BufferUsageCopySrc})
	if err != nil {
		return nil, fmt.Errorf("gpu: %d bytes of device memory: %w", size, err)
	}
	return &nativeBuffer{b}, nil
}

func (d *native) Write(dst Buffer, offset int, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost != nil {
		return d.lost
	}
	return d.failed("writing", d.queue.WriteBuffer(dst.(*nativeBuffer).buffer, uint64(offset), data))
}

// NewPipelines implements Device. The library keeps its error scopes by device,
// so that of shaders that are compiled at one time one may get another's
// error: after any, they are compiled one by one.
func (d *native) NewPipelines(list []shaders.Source) ([]Pipeline, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pipelines, errs := make([]Pipeline, len(list)), make([]error, len(list))
	compile := func(i int) {
		p, err := d.newPipeline(list[i])
		if err != nil {
			errs[i] = fmt.Errorf("gpu: shader %s: %w", list[i].File, err)
			return
		}
		pipelines[i] = p
	}
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() { compile(i) })
	}
	all.Wait()
	if errors.Join(errs...) == nil {
		return pipelines, nil
	}
	freePipelines(pipelines)
	clear(pipelines)
	clear(errs)
	for i := range list {
		if compile(i); errs[i] != nil {
			freePipelines(pipelines)
			return nil, errs[i]
		}
	}
	return pipelines, nil
}

func freePipelines(list []Pipeline) {
	for _, p := range list {
		if p != nil {
			p.Free()
		}
	}
}

func (d *native) newPipeline(s shaders.Source) (*nativePipeline, error) {
	module, err := d.device.CreateShaderModule(&wgpu.ShaderModuleDescriptor{Label: s.File, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: s.WGSL()}})
	if err != nil {
		return nil, err
	}
	defer module.Release()
	var entries []wgpu.BindGroupLayoutEntry
	for i := range s.Bindings {
		kind := wgpu.BufferBindingTypeReadOnlyStorage
		switch {
		case i == shaders.ParamsBinding:
			kind = wgpu.BufferBindingTypeUniform
		case s.Writes(i):
			kind = wgpu.BufferBindingTypeStorage
		}
		entries = append(entries, wgpu.BindGroupLayoutEntry{Binding: uint32(i), Visibility: wgpu.ShaderStageCompute, Buffer: wgpu.BufferBindingLayout{Type: kind}})
	}
	layout, err := d.device.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: entries})
	if err != nil {
		return nil, err
	}
	pl, err := d.device.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{layout}})
	if err != nil {
		layout.Release()
		return nil, err
	}
	defer pl.Release()
	pipeline, err := d.device.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{Label: s.File, Layout: pl,
		Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: s.Entry}})
	if err != nil {
		layout.Release()
		return nil, err
	}
	return &nativePipeline{pipeline, layout}, nil
}

func (d *native) NewGroup(p Pipeline, bindings ...Binding) (Group, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var entries []wgpu.BindGroupEntry
	for i, b := range bindings {
		size := uint64(wgpu.WholeSize)
		if b.Size > 0 {
			size = uint64(b.Size)
		}
		entries = append(entries, wgpu.BindGroupEntry{Binding: uint32(i), Buffer: b.Buffer.(*nativeBuffer).buffer, Offset: uint64(b.Offset), Size: size})
	}
	g, err := d.device.CreateBindGroup(&wgpu.BindGroupDescriptor{Layout: p.(*nativePipeline).layout, Entries: entries})
	if err != nil {
		return nil, fmt.Errorf("gpu: %w", err)
	}
	return &nativeGroup{g}, nil
}

// Record implements Device: a call into the library costs less than what it
// makes the device do.
func (d *native) Record(list []Dispatch) (Recording, error) { return list, nil }

func (d *native) Submit(r Recording) error {
	list := r.([]Dispatch)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost != nil {
		return d.lost
	}
	return d.failed("submitting", d.submit(func(e *wgpu.CommandEncoder) error {
		pass := e.BeginComputePass(nil)
		for _, o := range list {
			pass.SetPipeline(o.Pipeline.(*nativePipeline).pipeline)
			pass.SetBindGroup(0, o.Group.(*nativeGroup).group, nil)
			pass.DispatchWorkgroups(uint32(o.Workgroups[0]), uint32(o.Workgroups[1]), uint32(o.Workgroups[2]))
		}
		err := pass.End()
		pass.Release() // before Finish: the library crashes otherwise
		return err
	}))
}

// submit queues what record encodes.
func (d *native) submit(record func(*wgpu.CommandEncoder) error) error {
	e, err := d.device.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer e.Release()
	if err := record(e); err != nil {
		return err
	}
	commands, err := e.Finish(nil)
	if err != nil {
		return err
	}
	if commands == nil {
		return errors.New("the commands were refused") // after an earlier error of the encoder
	}
	d.queue.Submit(commands)
	commands.Release()
	return nil
}

// nativeCopy is a copy that is queued, in a staging buffer that is not mapped
// before it is waited for.
type nativeCopy struct {
	device *native
	staging
}

func (d *native) Copy(src Buffer, offset, size int) (Copied, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost != nil {
		return nil, d.lost
	}
	s, err := d.take(size)
	if err != nil {
		return nil, err
	}
	err = d.submit(func(e *wgpu.CommandEncoder) error {
		return e.CopyBufferToBuffer(src.(*nativeBuffer).buffer, uint64(offset), s.buffer, 0, uint64(size))
	})
	if err != nil {
		s.buffer.Release()
		return nil, d.failed("reading", err)
	}
	return &nativeCopy{d, s}, nil
}

// take returns a staging buffer of exactly that size.
func (d *native) take(size int) (staging, error) {
	for i, s := range d.free {
		if s.size == size {
			d.free = slices.Delete(d.free, i, i+1)
			return s, nil
		}
	}
	b, err := d.device.CreateBuffer(&wgpu.BufferDescriptor{Size: uint64(size), Usage: wgpu.BufferUsageMapRead | wgpu.BufferUsageCopyDst})
	if err != nil {
		return staging{}, fmt.Errorf("gpu: %d bytes of staging memory: %w", size, err)
	}
	return staging{b, size}, nil
}

// give takes a staging buffer back.
func (d *native) give(s staging) {
	if len(d.free) == maxFree {
		d.free[0].buffer.Release()
		d.free = d.free[1:]
	}
	d.free = append(d.free, s)
}

func (c *nativeCopy) Drop() {
	c.device.mu.Lock()
	defer c.device.mu.Unlock()
	c.device.give(c.staging)
}

func (c *nativeCopy) Wait(dst []byte) error {
	d := c.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lost != nil {
		return d.lost
	}
	if err := d.mapRead(c.buffer, dst); err != nil { // it may still be being mapped, and must not be touched
		return d.failed("reading", err)
	}
	d.give(c.staging)
	return nil
}

func (d *native) mapRead(from *wgpu.Buffer, dst []byte) error {
	// The binding keeps its handles to itself; they are where the first field
	// of Device and the second of Buffer are.
	device := *(*unsafe.Pointer)(unsafe.Pointer(d.device))
	buffer := (*[2]unsafe.Pointer)(unsafe.Pointer(from))[1]
	var state *C.struct_mapping
	status := C.map_read(device, buffer, C.size_t(len(dst)), unsafe.Pointer(&dst[0]), readTimeout, &state)
	switch status {
	case 0:
		C.free(unsafe.Pointer(state))
		return nil
	case C.TIMEOUT:
		return fmt.Errorf("nothing came back within %d s", readTimeout)
	case C.REFUSED:
		defer C.free(unsafe.Pointer(state))
		if state == nil {
			return errors.New("out of memory")
		}
		return errors.New(C.GoString(&state.message[0]))
	}
	C.free(unsafe.Pointer(state))
	return fmt.Errorf("the buffer could not be mapped (status %d)", int(status))
}
