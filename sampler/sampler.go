// Package sampler makes synthetic chest X-rays from text with a model file.
//
//	m, err := weights.Open("model.safetensors.zst")
//	s, err := sampler.New(ctx, m, sampler.Options{})
//	result, err := s.Sample(ctx, sampler.Request{Prompt: "pleural effusion", Seed: 7})
//	png.Encode(w, result.Images[0].Gray())
//
// The images are synthetic and not for diagnosis. They bear no mark here;
// package provenance puts one on.
package sampler

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/roentgo/roentgo/sampler/cpu"
	"github.com/roentgo/roentgo/sampler/gpu"
	"github.com/roentgo/roentgo/sampler/graph"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// Where to compute.
const (
	Auto = "auto" // a real GPU if there is one, else the CPU
	GPU  = "gpu"  // any adapter, also one in software
	CPU  = "cpu"
)

// Options are those of [New]. The zero value is a good default.
type Options struct {
	Device  string // Auto, GPU or CPU; empty: Auto
	Threads int    // of the CPU; 0: one a core
	// Mode of the CPU: cpu.Fast or cpu.Small; empty: cpu.Fast. In mode Small the
	// text encoder is read anew for every prompt, a layer at a time, and the
	// other networks when they are first used: the model must stay open as long
	// as the sampler.
	Mode string
	// Open, where set, chooses the device in the place of Device and Threads.
	// It is called by New, with lost nil, and again when the device fails
	// (gpu.Failed) in the middle of a run, which then goes on from its last
	// finished step; without Open, such a run ends. source is the model, and
	// must still be readable when Open is called again. The sampler closes
	// what Open returns.
	Open func(ctx context.Context, source graph.Source, lost error) (graph.Backend, error)
	// Tune chooses the tilings of the GPU that Device takes, such as gpu.Tuned
	// does; nil: gpu.Default. The last digits of results depend on them.
	Tune func(ctx context.Context, device gpu.Device) gpu.Tilings
}

// ErrDevice is wrapped by errors of a device that is not there or not known.
var ErrDevice = errors.New("sampler: no such device")

// Sampler is a model on a device. Its methods may be called by several
// goroutines; they take turns.
type Sampler struct {
	description Description
	schedule    *schedule.Schedule
	backend     graph.Backend
	streamer    graph.Streamer                                               // of the text encoder; nil: it is kept
	reopen      func(ctx context.Context, lost error) (graph.Backend, error) // nil: a lost device ends a run
	threads     int                                                          // of a CPU
	tokens      *prompt.Tokenizer                                            // nil for a model without text
	known       map[string]bool                                              // words of the training captions; nil where the file does not tell
	preview     []float32
	null        condition
	hash        string

	mu      sync.Mutex
	unets   [2]cached // by the number of conditions an image, less 1
	decoder cached
}

// New puts a model on a device. It reads all of the model, which may be closed
// afterwards, unless there is Options.Open or Options.Mode says otherwise. Errors wrap ErrModel, ErrDevice, or those of package weights.
func New(ctx context.Context, m *weights.Model, o Options) (*Sampler, error) {
	d, err := Describe(m)
	if err != nil {
		return nil, err
	}
	for _, part := range []string{weights.PartUNet, weights.PartDecoder, weights.PartText} {
		if !hasPart(m, part) && (part != weights.PartText || d.Model.HasText()) {
			return nil, fmt.Errorf("%w: the file lacks the part %q, which another file must complete (it has %v)", ErrModel, part, m.Parts())
		}
	}
	s := &Sampler{description: d, threads: o.Threads}
	if s.threads == 0 {
		s.threads = runtime.GOMAXPROCS(0)
	}
	if s.schedule, err = schedule.New(d.Schedule); err != nil {
		return nil, err
	}
	if s.hash, err = m.Hash(); err != nil {
		return nil, err
	}
	if s.preview, err = m.Float32(TensorPreview); err != nil {
		return nil, err
	}
	// model.NullContext by itself: one token, which no network changes.
	if s.null.values, err = m.Float32("adapter.null"); err != nil {
		return nil, err
	}
	s.null.n = 1
	if err := s.readText(m); err != nil {
		return nil, err
	}
	if o.Open != nil {
		s.reopen = func(ctx context.Context, lost error) (graph.Backend, error) { return o.Open(ctx, m, lost) }
		s.backend, err = s.reopen(ctx, nil)
	} else {
		s.backend, err = openBackend(ctx, m, o)
	}
	if err != nil {
		return nil, err
	}
	if streamer, ok := s.backend.(graph.Streamer); ok && o.Mode == cpu.Small {
		s.streamer = streamer
		return s, nil
	}
	// Reading the parameters now makes a damaged file fail here and lets the
	// caller close it.
	if err := s.survive(ctx, func() error { return s.compileAll(ctx) }); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func hasPart(m *weights.Model, part string) bool {
	for _, p := range m.Parts() {
		if p == part {
			return true
		}
	}
	return false
}

// readText reads the vocabulary and the words of the training captions.
func (s *Sampler) readText(m *weights.Model) error {
	var err error
	if s.tokens, err = tokenizerOf(m, s.description.Model); err == nil && s.tokens != nil {
		s.known, err = wordsOf(m)
	}
	return err
}

// openBackend chooses a device and gives it the model's parameters.
func openBackend(ctx context.Context, m *weights.Model, o Options) (graph.Backend, error) {
	switch o.Device {
	case "", Auto:
		adapters, err := gpu.Adapters()
		if err != nil {
			break // without a GPU, for whatever reason, there is the CPU
		}
		for _, a := range adapters {
			if !a.Software() {
				return openGPU(ctx, m, o)
			}
		}
	case GPU:
		return openGPU(ctx, m, o)
	case CPU:
	default:
		return nil, fmt.Errorf("%w: %q (there are %s, %s, %s)", ErrDevice, o.Device, Auto, GPU, CPU)
	}
	return cpu.New(m, cpu.Options{Threads: o.Threads, Mode: o.Mode})
}

func openGPU(ctx context.Context, m *weights.Model, o Options) (graph.Backend, error) {
	dev, err := gpu.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDevice, err)
	}
	var tilings gpu.Tilings
	if o.Tune != nil {
		tilings = o.Tune(ctx, dev)
	}
	return gpu.New(dev, m, tilings), nil
}

// Description returns the model's configuration and defaults.
func (s *Sampler) Description() Description { return s.description }

// ModelHash returns the SHA-256 of the model, in hexadecimal.
func (s *Sampler) ModelHash() string { return s.hash }

// Device says what computes, for people.
func (s *Sampler) Device() string { return s.backend.Name() }

// Threads is how many threads of the CPU compute; 0 on another device.
func (s *Sampler) Threads() int {
	if _, ok := s.backend.(*cpu.Backend); ok {
		return s.threads
	}
	return 0
}

// Close frees the device.
func (s *Sampler) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.unets[0].close(), s.unets[1].close(), s.decoder.close(), s.backend.Close())
}
