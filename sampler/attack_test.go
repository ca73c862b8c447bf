package sampler_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/attacks"
	"github.com/roentgo/roentgo/internal/attacks/modelfile"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// maxError is how many bytes an error about a model file has at most.
const maxError = 1000

// sentinels of errors about a model file.
var sentinels = []error{sampler.ErrModel, sampler.ErrRequest, sampler.ErrNotFinite, weights.ErrFormat, weights.ErrTooLarge}

// judge checks that an error about a hostile model is one that a program can
// recognise and a person can read.
func judge(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	known := false
	for _, s := range sentinels {
		known = known || errors.Is(err, s)
	}
	if text := err.Error(); !known || len(text) > maxError || strings.Contains(text, "runtime error") {
		t.Errorf("%s: %.300s (of %d bytes)", name, text, len(text))
	}
}

// TestHostileModels opens, verifies and samples from models with one fault each,
// whose hashes are right: each ends in an error of a rule, or in an image. None
// panics, or takes much memory. With ROENTGO_SOAK all faults are tried.
func TestHostileModels(t *testing.T) {
	good := samplertest.File(t, samplertest.Description(model.Tiny()), weights.F16)
	path := filepath.Join(t.TempDir(), "model"+weights.Extension)
	stride := 11 // a prime: each kind of fault comes up
	if os.Getenv("ROENTGO_SOAK") != "" {
		stride = 1 // minutes
	}
	faults, refused := 0, 0
	for name, f := range modelfile.Attacks(good) {
		if faults++; faults%stride != 0 {
			continue
		}
		paths, err := weights.Write(path, f, weights.WriteOptions{Overwrite: true})
		if err != nil {
			continue // the writer's own rule
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = hostile(t, paths[0])
		runtime.ReadMemStats(&after)
		judge(t, name, err)
		if err != nil {
			refused++
		}
		if made := after.TotalAlloc - before.TotalAlloc; err != nil && made > 256<<20 {
			t.Errorf("%s: refused after %d MB had been taken in all", name, made>>20)
		}
	}
	t.Logf("%d faults, one in %d tried, %d refused", faults, stride, refused)
	if refused < faults/stride/4 {
		t.Errorf("%d are refused", refused)
	}
}

// hostile does what a person does with a model from a stranger.
func hostile(t *testing.T, path string) error {
	m, err := weights.Open(path)
	if err != nil {
		return err
	}
	defer m.Close()
	d, err := sampler.Describe(m)
	if err != nil {
		return err
	}
	if err := sampler.Verify(t.Context(), m); err != nil {
		return err
	}
	if d.Model.ImageSize > 128 {
		return nil // it is within the bounds, and takes long
	}
	s, err := sampler.New(t.Context(), m, sampler.Options{Device: sampler.CPU, Threads: 1})
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Sample(t.Context(), sampler.Request{Prompt: "pleural effusion", Seed: 1, Steps: 1})
	return err
}

// FuzzDescription reads configurations as Describe does, up to the list of the
// tensors that they ask for.
func FuzzDescription(f *testing.F) {
	for _, c := range []model.Config{model.Tiny(), model.Paper()} {
		text, err := json.Marshal(samplertest.Description(c))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		n := 0
		for _, text := range attacks.JSON(text) {
			if n++; n%40 == 0 {
				f.Add(text)
			}
		}
	}
	parts := []string{weights.PartUNet, weights.PartDecoder, weights.PartEncoder, weights.PartText}
	f.Fuzz(func(t *testing.T, text []byte) {
		var d sampler.Description
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if decoder.Decode(&d) != nil {
			return
		}
		if err := d.Validate(); err != nil {
			judge(t, "configuration", err)
			return
		}
		if !d.Model.HasText() {
			parts = parts[:3]
		}
		list, err := d.Tensors(parts)
		if err != nil || len(list) == 0 || len(list) > 100_000 {
			t.Errorf("%d tensors (%v)", len(list), err)
		}
		again, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back sampler.Description
		if err := json.Unmarshal(again, &back); err != nil || back.Validate() != nil {
			t.Errorf("written again it is %s, refused: %v", again, err)
		}
	})
}
