// Package samplertest makes model files of random weights for tests.
package samplertest

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/model/modeltest"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// Words are the words that the models' captions had.
var Words = []string{"normal", "chest", "x-ray", "effusion", "no", "pleural"}

// Vocabulary is one that spells every English word: n tokens.
func Vocabulary(n int) []string {
	list := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	for c := '!'; c <= '~'; c++ {
		if c < 'A' || c > 'Z' {
			list = append(list, string(c), "##"+string(c))
		}
	}
	list = append(list, "normal", "chest", "effusion", "no", "pleural", "ray")
	for i := len(list); i < n; i++ {
		list = append(list, fmt.Sprintf("[unused%d]", i))
	}
	return list[:n]
}

// Description is a complete description of a model with those networks.
func Description(c model.Config) sampler.Description {
	return sampler.Description{Model: c, Schedule: schedule.ZeroTerminal(),
		Sampling: sampler.Defaults{Sampler: schedule.DDIM, Spacing: schedule.Trailing, Steps: 4, Guidance: 2}}
}

// File is a model file with all parts, of random weights of one kind; those of
// one dimension are float32.
func File(t testing.TB, d sampler.Description, kind weights.Kind) weights.File {
	t.Helper()
	config, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	f := weights.File{Config: config, Parts: []string{weights.PartUNet, weights.PartDecoder, weights.PartEncoder}}
	if d.Model.HasText() {
		f.Parts = append(f.Parts, weights.PartText)
		for name, list := range map[string][]string{sampler.TensorVocab: Vocabulary(d.Model.TextVocab), sampler.TensorWords: Words} {
			text := []byte(strings.Join(list, "\n") + "\n")
			f.Tensors = append(f.Tensors, weights.Tensor{Name: name, Shape: []int{len(text)}, Kind: weights.Bytes, Bytes: text})
		}
	}
	specs, err := d.Tensors(f.Parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range specs {
		tensor := weights.Tensor{Name: s.Name, Shape: s.Shape, Kind: weights.F32, Float32: modeltest.Values(s.Name, s.Shape...)}
		if len(s.Shape) > 1 {
			tensor.Kind = kind
		}
		f.Tensors = append(f.Tensors, tensor)
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
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := sampler.New(t.Context(), m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// PSNR is how well two images of [−1, 1] agree, in decibels.
func PSNR(a, b []float32) float64 {
	var square float64
	for i, v := range a {
		d := float64(v) - float64(b[i])
		square += d * d / float64(len(a))
	}
	return 10 * math.Log10(4/square)
}
