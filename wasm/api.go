//go:build js

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall/js"
	"unsafe"

	"github.com/roentgo/roentgo/internal/jspromise"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/provenance"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/wasm/internal/request"
	"github.com/roentgo/roentgo/weights"
)

// api is what the worker's script calls.
type api struct {
	host    js.Value
	options sampler.Options // with the device being opened
	device  js.Value        // the one in use, as the page knows it
	key     provenance.Key  // of the watermarks

	manifest *weights.Manifest
	model    *weights.Model
	sampler  *sampler.Sampler

	mu      sync.Mutex
	running map[int]context.CancelFunc // by the page's numbers
}

func newAPI(host js.Value) *api { return &api{host: host, running: map[int]context.CancelFunc{}} }

// functions returns the object that JavaScript gets. Functions that take time
// return promises.
func (a *api) functions() map[string]any {
	functions := map[string]any{
		"prepare": js.FuncOf(func(_ js.Value, args []js.Value) any {
			a.options = sampler.Warm(sampler.Options{Device: deviceKind(args[0].String()), Threads: args[1].Int(), ThreadsURL: args[2].String(), OnDevice: a.onDevice})
			a.key = provenance.PublicKey
			if secret := args[3].String(); secret != "" {
				a.key = provenance.KeyOf(secret)
			}
			return nil
		}),
		"cancel": js.FuncOf(func(_ js.Value, args []js.Value) any {
			a.mu.Lock()
			defer a.mu.Unlock()
			if cancel := a.running[args[0].Int()]; cancel != nil {
				cancel()
			}
			return nil
		}),
	}
	for name, f := range map[string]func(ctx context.Context, args []js.Value) (any, error){
		"sha256": sum, "open": a.open, "sample": a.sample, "decode": a.decode, "vocabulary": a.vocabulary,
		"unknownWords": a.unknownWords, "readSettings": readSettings,
	} {
		functions[name] = method(func(args []js.Value) (any, error) {
			// The first argument is the call's number, by which it is cancelled.
			ctx, done := a.begin(args[0].Int())
			defer done()
			return recovered(func() (any, error) { return f(ctx, args[1:]) })
		})
	}
	return functions
}

// begin makes a context that cancel ends.
func (a *api) begin(call int) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running[call] = cancel
	return ctx, func() {
		cancel()
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.running, call)
	}
}

// sum computes SHA-256 for a page that does not come from https, because browsers
// have none there.
func sum(_ context.Context, args []js.Value) (any, error) {
	s := sha256.Sum256(bytesOf(args[0]))
	return hex.EncodeToString(s[:]), nil
}

// open loads the model of a manifest to the device. The store gives its pieces.
func (a *api) open(ctx context.Context, args []js.Value) (any, error) {
	var err error
	if a.manifest, err = weights.ParseManifest([]byte(args[0].String())); err != nil {
		return nil, err
	}
	if len(a.manifest.Frames) == 0 {
		return nil, fmt.Errorf("%w: the manifest has no frames", weights.ErrFormat)
	}
	p := newPieces(args[1], a.manifest)
	if a.model, err = weights.OpenReader(p, p.size(), weights.Options{}); err != nil {
		return nil, err
	}
	if a.sampler, err = sampler.New(ctx, a.model, a.options); err != nil {
		return nil, err
	}
	// Reading the parameters needed far more memory than is now in use.
	debug.FreeOSMemory()
	d := a.sampler.Description()
	return map[string]any{
		"model": map[string]any{
			"name": a.manifest.Name, "version": a.manifest.Version, "license": a.manifest.License, "trainingData": a.manifest.TrainingData,
			"hash": a.sampler.ModelHash(), "imageSize": d.Model.ImageSize, "latentSize": d.Model.LatentSize(), "tokens": d.Model.Tokens,
			"maxSteps": d.Schedule.TrainTimesteps, "samplers": texts(schedule.Samplers()), "spacings": texts(d.Schedule.Spacings()),
			"defaults": map[string]any{"steps": d.Sampling.Steps, "guidance": d.Sampling.Guidance, "rescale": d.Sampling.Rescale,
				"sampler": d.Sampling.Sampler, "spacing": d.Sampling.Spacing, "eta": d.Sampling.Eta,
				"guidanceLow": d.Sampling.GuidanceInterval.Low, "guidanceHigh": d.Sampling.GuidanceInterval.High},
		},
		"device": a.device,
	}, nil
}

// texts converts a list for JavaScript.
func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// float32Array makes a Float32Array of values.
func float32Array(v []float32) js.Value {
	if len(v) == 0 {
		return js.Global().Get("Float32Array").New(0)
	}
	// WebAssembly is little-endian, as typed arrays are wherever it runs.
	b := uint8Array(unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v)))
	return js.Global().Get("Float32Array").New(b.Get("buffer"))
}

// sample makes the images of a request. It calls emit for each step and image,
// and waits until the page has taken an image.
func (a *api) sample(ctx context.Context, args []js.Value) (any, error) {
	if a.sampler == nil {
		return nil, errNotOpen
	}
	own, wanted, err := request.Parse(args[0].String())
	if err != nil {
		return nil, err
	}
	emit := args[1]
	count := max(wanted.Count, 1)
	wanted.Progress = func(p sampler.Progress) { a.step(emit, own, p, p.Image, count) }
	unknown := a.sampler.UnknownWords(wanted.Prompt + "\n" + wanted.Negative)
	if !own.Attention {
		k := 0
		for img, err := range a.sampler.Images(ctx, *wanted) {
			if err != nil {
				return nil, err
			}
			if err := a.image(emit, img, k, count, unknown, nil); err != nil {
				return nil, err
			}
			k++
		}
		return nil, nil
	}
	wanted.Observe = a.sampler.CrossAttention()
	for k := range count { // one by one: their maps are not kept
		one := *wanted
		one.Seed, one.Count = wanted.Seed+uint64(k), 1
		one.Progress = func(p sampler.Progress) { a.step(emit, own, p, k, count) }
		r, err := a.sampler.Sample(ctx, one)
		if err != nil {
			return nil, err
		}
		maps, err := a.sampler.WordMaps(r, 0)
		if err != nil {
			return nil, err
		}
		if err := a.image(emit, &r.Images[0], k, count, unknown, maps); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

var errNotOpen = errors.New("roentgo: no model is open")

func (a *api) step(emit js.Value, own *request.Request, p sampler.Progress, k, count int) {
	e := map[string]any{"type": "step", "image": k, "images": count, "step": p.Step, "steps": p.Steps,
		"elapsed": float64(p.Elapsed.Microseconds()) / 1000, "remaining": float64(p.Remaining.Microseconds()) / 1000}
	if small := p.Preview(); small != nil {
		e["preview"] = uint8Array(small.Pix)
	}
	if own.Latents && p.Step > 0 {
		e["latent"] = float32Array(p.Latent())
	}
	emit.Invoke(e)
}

func (a *api) image(emit js.Value, img *sampler.Image, k, count int, unknown []string, maps []sampler.WordMap) error {
	marked := a.marked(img)
	s := img.Settings
	settings := provenance.Settings{Prompt: s.Prompt, Negative: s.Negative, Seed: s.Seed, Index: k, Steps: s.Steps,
		Guidance: s.Guidance, Rescale: s.Rescale, Sampler: s.Sampler, Spacing: s.Spacing, Eta: s.Eta, Truncate: s.Truncate,
		GuidanceLow: s.GuidanceInterval.Low, GuidanceHigh: s.GuidanceInterval.High,
		ModelHash: a.sampler.ModelHash(), ModelName: a.manifest.Name, Version: version,
		Marks: provenance.Marks{Secret: a.key != provenance.PublicKey}.String()}
	var file bytes.Buffer
	if err := provenance.Encode(&file, marked, settings); err != nil {
		return err
	}
	e := map[string]any{"type": "image", "index": k, "images": count, "size": img.Size, "pixels": float32Array(img.Pix),
		"marked": uint8Array(marked.Pix), "png": uint8Array(file.Bytes()), "settings": settingsObject(settings),
		"unknownWords": texts(unknown)}
	if maps != nil {
		e["attention"] = attentionObject(maps)
	}
	_, err := jspromise.Await(emit.Invoke(e))
	return err
}

// marked returns an image's grey values with the watermark and, over it, the
// visible mark.
func (a *api) marked(img *sampler.Image) *image.Gray {
	return provenance.Mark(provenance.Watermark(img.Gray(), a.key, provenance.ModelBits(a.sampler.ModelHash())))
}

// version of the program; the linker sets it.
var version = "unknown"

func settingsObject(s provenance.Settings) map[string]any {
	return map[string]any{"prompt": s.Prompt, "negative": s.Negative, "seed": strconv.FormatUint(s.Seed, 10), "steps": s.Steps,
		"guidance": s.Guidance, "rescale": s.Rescale, "sampler": s.Sampler, "spacing": s.Spacing, "eta": s.Eta, "truncate": s.Truncate,
		"guidanceLow": s.GuidanceLow, "guidanceHigh": s.GuidanceHigh, "modelHash": s.ModelHash, "model": s.ModelName}
}

func attentionObject(maps []sampler.WordMap) map[string]any {
	var words []string
	var values []float32
	size := 0
	for _, m := range maps {
		words, values, size = append(words, m.Word), append(values, m.Map...), m.Size
	}
	return map[string]any{"size": size, "words": texts(words), "maps": float32Array(values)}
}

// decode converts a latent to an image.
func (a *api) decode(ctx context.Context, args []js.Value) (any, error) {
	if a.sampler == nil {
		return nil, errNotOpen
	}
	n := args[0].Get("length").Int()
	if n != a.sampler.Description().Model.LatentLen() {
		return nil, fmt.Errorf("%w: a latent of %d values, the model's have %d", sampler.ErrRequest, n, a.sampler.Description().Model.LatentLen())
	}
	latent := make([]float32, n)
	raw := js.Global().Get("Uint8Array").New(args[0].Get("buffer"), args[0].Get("byteOffset"), args[0].Get("byteLength"))
	js.CopyBytesToGo(unsafe.Slice((*byte)(unsafe.Pointer(&latent[0])), 4*n), raw)
	img, err := a.sampler.Decode(ctx, latent)
	if err != nil {
		return nil, err
	}
	return map[string]any{"size": img.Size, "marked": uint8Array(a.marked(img).Pix)}, nil
}

func (a *api) vocabulary(context.Context, []js.Value) (any, error) {
	if a.sampler == nil {
		return nil, errNotOpen
	}
	return texts(a.sampler.Vocabulary()), nil
}

func (a *api) unknownWords(_ context.Context, args []js.Value) (any, error) {
	if a.sampler == nil {
		return nil, errNotOpen
	}
	return texts(a.sampler.UnknownWords(args[0].String())), nil
}

// readSettings reads the settings of a PNG file. JavaScript has already bounded
// its size.
func readSettings(_ context.Context, args []js.Value) (any, error) {
	s, err := provenance.Read(bytes.NewReader(bytesOf(args[0])))
	if err != nil {
		return nil, err
	}
	return settingsObject(s), nil
}
