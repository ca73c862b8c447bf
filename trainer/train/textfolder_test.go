//go:build libtorch

package train_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// TestExtractText holds the text encoder of the shipped training files, written
// to a folder, to what the files have.
func TestExtractText(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m := shippedTraining(t)
	dir := filepath.Join(t.TempDir(), "text")
	if err := train.ExtractText(m, dir); err != nil {
		t.Fatal(err)
	}
	e, err := bert.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := sampler.Describe(m)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Apply(d.Model); got.TextLayers != d.Model.TextLayers || got.TextVocab != d.Model.TextVocab || got.Tokens != d.Model.Tokens || got.Lowercase != d.Model.Lowercase {
		t.Errorf("the folder's configuration is %+v, the model's %+v", got, d.Model)
	}
	n := 0
	for _, name := range m.Names() {
		if !strings.HasPrefix(name, "text.") || name == sampler.TensorWords {
			continue
		}
		n++
		got, err := e.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := m.Float32(name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s differs from the model file's, %v", name, err)
		}
	}
	if n < 20 {
		t.Errorf("the model file has %d tensors of text", n)
	}
	if err := train.ExtractText(m, dir); !os.IsExist(err) {
		t.Errorf("an existing folder gives %v", err)
	}
}

// shippedFolder has the training files of the default model.
var shippedFolder = filepath.Join("..", "..", "weights", "default", "training")

// shippedTraining opens the training files of the default model.
func shippedTraining(t *testing.T) *weights.Model {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shippedFolder, "*"+weights.Extension))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	m, err := weights.Open(files...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}
