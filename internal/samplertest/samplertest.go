// Package samplertest makes model files of random weights for tests.
package samplertest

import (
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/internal/random"
	"github.com/roentgo/roentgo/internal/randomfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
	shipped "github.com/roentgo/roentgo/weights/default"
	"github.com/roentgo/roentgo/weights/fast"
)

// Words are the words that the models' captions had.
var Words = []string{"normal", "chest", "x-ray", "effusion", "no", "pleural"}

// Vocabulary is one that spells every English word: n tokens.
func Vocabulary(n int) []string { return random.Vocabulary(n) }

// Description is a complete description of a model with those networks.
func Description(c model.Config) sampler.Description {
	return sampler.Description{Model: c, Schedule: schedule.ZeroTerminal(),
		Sampling: sampler.Defaults{Options: schedule.Options{Sampler: schedule.DDIM, Spacing: schedule.Trailing, Steps: 4, Guidance: 2}}}
}

// File is a model file with all parts, of random weights of one kind; those of
// one dimension are float32.
func File(t testing.TB, d sampler.Description, kind weights.Kind) weights.File {
	t.Helper()
	f, err := randomfile.Make(d, kind, Words)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Write writes a file into a new folder of the test and returns its path.
func Write(t testing.TB, f weights.File) string {
	t.Helper()
	paths, err := weights.Write(filepath.Join(t.TempDir(), "model"+weights.Extension), f, weights.WriteOptions{Name: "test", License: "none"})
	if err != nil {
		t.Fatal(err)
	}
	return paths[0]
}

// Tiny writes a model file of the networks of [model.Tiny].
func Tiny(t testing.TB) string {
	t.Helper()
	return Write(t, File(t, Description(model.Tiny()), weights.F16))
}

// Open puts a model file on a device, until the test ends.
func Open(t testing.TB, path string, o sampler.Options) *sampler.Sampler {
	t.Helper()
	m, err := weights.Open(path)
	return load(t, m, err, o)
}

// Shipped puts the shipped model on this machine's CPU, until the test ends.
func Shipped(t testing.TB) *sampler.Sampler {
	t.Helper()
	m, err := shipped.Open()
	return load(t, m, err, sampler.Options{Device: sampler.CPU})
}

// Fast puts the fast model on this machine's CPU, until the test ends.
func Fast(t testing.TB) *sampler.Sampler {
	t.Helper()
	m, err := fast.Open()
	return load(t, m, err, sampler.Options{Device: sampler.CPU})
}

// load puts a model that was opened on a device.
func load(t testing.TB, m *weights.Model, err error, o sampler.Options) *sampler.Sampler {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close() // New reads all of it
	s, err := sampler.New(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// PSNR is how well two images of [−1, 1] agree, in decibels.
func PSNR(a, b []float32) float64 {
	return metric.PSNR(a, b, 2)
}
