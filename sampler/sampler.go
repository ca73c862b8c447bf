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

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/internal/device"
	"github.com/roentgo/roentgo/sampler/internal/inside"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// Options are those of [New]. The zero value is a good default.
type Options struct {
	Device  string // Auto, GPU or CPU; empty: Auto
	Threads int    // of the CPU; 0: one per core
	// Mode of the CPU: Fast or Small; empty: Fast. In mode Small the sampler
	// reads the text encoder again for every prompt, a layer at a time, and the
	// other networks when it first uses them: the model must stay open as long
	// as the sampler. A browser has one mode and ignores this field.
	Mode string
	// Tune measures which way of computing a GPU is fastest in, once, and keeps
	// the result in the user's cache folder. The last digits of an image depend
	// on it. A browser ignores this field.
	Tune bool
	// ThreadsURL is where a browser finds threads.js, the script of the threads
	// of the CPU. Empty: the CPU computes with one thread there.
	ThreadsURL string
	// OnDevice, where set, is called with the device by New, and again when
	// another device takes its place.
	OnDevice func(DeviceInfo)

	open device.Opener // nil: the one that the fields above ask for
}

// Warm begins to open the device that o asks for, so that it is ready sooner
// where a model is still on its way, and returns options for one call of [New]
// that takes it. It gains time in a browser alone.
func Warm(o Options) Options {
	if o.open != nil {
		return o
	}
	d := device.Options{Kind: o.Device, Threads: o.Threads, Mode: o.Mode, ThreadsURL: o.ThreadsURL, Tune: o.Tune}
	if o.OnDevice != nil {
		d.Report = func(i device.Info) { o.OnDevice(DeviceInfo(i)) }
	}
	o.open = device.New(d)
	return o
}

// Sampler is a model on a device. Its methods may be called by several
// goroutines; they take turns.
type Sampler struct {
	description Description
	schedule    *schedule.Schedule
	backend     graph.Backend
	streamer    graph.Streamer                                                 // of the text encoder; nil: it is kept
	reopen      func(ctx context.Context, failed error) (graph.Backend, error) // nil: a device that fails ends a run
	threads     int                                                            // of a CPU
	tokens      *prompt.Tokenizer                                              // nil for a model without text
	known       map[string]bool                                                // words of the training captions; nil where the file has none
	preview     []float32
	null        condition
	hash        string

	mu      sync.Mutex
	unets   [2]cached // by the number of conditions an image, less 1
	decoder cached
}

// New puts a model on a device. It reads all of the model, which may be closed
// afterwards, except in mode Small and in a browser. There the sampler opens a
// GPU that failed in the middle of a run again, or takes the CPU, and resumes
// from the last finished step; elsewhere such a run ends. Errors wrap ErrModel,
// ErrDevice, ErrUnsupported, or those of package weights.
func New(ctx context.Context, m *weights.Model, o Options) (*Sampler, error) {
	open := Warm(o).open
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
	if o.open != nil || device.Recovers {
		s.reopen = func(ctx context.Context, failed error) (graph.Backend, error) { return open(ctx, m, failed) }
	}
	if s.backend, err = open(ctx, m, nil); err != nil {
		return nil, err
	}
	if streamer, ok := s.backend.(graph.Streamer); ok && o.Mode == Small {
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

func init() {
	inside.Backend = func(s any) graph.Backend { return s.(*Sampler).backend }
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
