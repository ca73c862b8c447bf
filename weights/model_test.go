package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// testFile has a tensor of every kind, with rows that no group divides, and
// one that is larger than a frame.
func testFile() File {
	r := rand.New(rand.NewPCG(1, 2))
	values := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	return File{
		Config:   json.RawMessage(`{"model":{"image_size":64}}`),
		Parts:    []string{PartUNet, PartDecoder},
		Metadata: map[string]string{"trainer.step": "17"},
		Tensors: []Tensor{
			{Name: "latent.mean", Shape: []int{4}, Kind: F32, Float32: values(4)},
			{Name: "tokenizer.vocab", Shape: []int{11}, Kind: Bytes, Bytes: []byte("[PAD]\n[UNK]")},
			{Name: "unet.norm", Shape: []int{5}, Kind: F16, Float32: values(5)},
			{Name: "unet.scalar", Shape: []int{}, Kind: F32, Float32: values(1)},
			{Name: "unet.conv", Shape: []int{3, 5, 3, 3}, Kind: Int8, Group: 32, Float32: values(135)},
			{Name: "unet.odd", Shape: []int{7, 13}, Kind: Int4, Group: 4, Float32: values(91)},
			{Name: "unet.large", Shape: []int{300, 4001}, Kind: Int8, Float32: values(300 * 4001)},
			{Name: "unet.zero", Shape: []int{2, 2}, Kind: Int8, Float32: make([]float32, 4)},
		},
	}
}

func writeTest(t testing.TB, f File, o WriteOptions) []string {
	t.Helper()
	paths, err := Write(filepath.Join(t.TempDir(), "test"+Extension), f, o)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func open(t *testing.T, paths ...string) *Model {
	t.Helper()
	m, err := Open(paths...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// sameTensors checks that the model holds what was written, to the precision
// of each kind.
func sameTensors(t *testing.T, m *Model, f File) {
	t.Helper()
	for _, want := range f.Tensors {
		i, ok := m.Info(want.Name)
		if !ok || i.Kind != want.Kind || !slices.Equal(i.Shape, want.Shape) {
			t.Fatalf("%s: info %+v, %v", want.Name, i, ok)
		}
		if want.Kind == Bytes {
			if b, err := m.Bytes(want.Name); err != nil || !bytes.Equal(b, want.Bytes) {
				t.Errorf("%s: %q, %v", want.Name, b, err)
			}
			continue
		}
		got, err := m.Float32(want.Name)
		if err != nil {
			t.Fatal(err)
		}
		var top float64
		for _, v := range want.Float32 {
			top = max(top, math.Abs(float64(v)))
		}
		allowed := map[Kind]float64{F32: 0, F16: top / 2048, Int8: top / 127 * .51, Int4: top / 7 * .51}[want.Kind]
		for k, v := range got {
			if d := math.Abs(float64(v - want.Float32[k])); d > allowed {
				t.Fatalf("%s[%d]: %g, written was %g", want.Name, k, v, want.Float32[k])
			}
		}
	}
}

func TestWriteThenOpen(t *testing.T) {
	f := testFile()
	path := writeTest(t, f, WriteOptions{Name: "test", License: "CC0"})[0]
	m := open(t, path)
	sameTensors(t, m, f)
	if err := m.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if got := m.Metadata()["trainer.step"]; got != "17" {
		t.Errorf("metadata: %q", got)
	}
	if !slices.Equal(m.Parts(), f.Parts) || string(m.Config()) != string(f.Config) {
		t.Errorf("parts %v, config %s", m.Parts(), m.Config())
	}
	manifest, err := ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := m.Hash(); err != nil || h != manifest.ModelHash || manifest.License != "CC0" || len(manifest.Frames) < 2 {
		t.Errorf("hash %s, %v; manifest %+v", h, err, manifest)
	}
	if _, err := m.Float32("unet.none"); !errors.Is(err, ErrMissing) {
		t.Errorf("a tensor that is not there: %v", err)
	}
	if _, err := m.Float32("tokenizer.vocab"); !errors.Is(err, ErrFormat) {
		t.Errorf("bytes as numbers: %v", err)
	}
	// The same content again is the same bytes; nothing is overwritten unasked.
	first, _ := os.ReadFile(path)
	if _, err := Write(path, f, WriteOptions{}); !errors.Is(err, ErrExists) {
		t.Errorf("overwriting: %v", err)
	}
	if _, err := Write(path, f, WriteOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	if second, _ := os.ReadFile(path); !bytes.Equal(first, second) {
		t.Error("the same content gave other bytes")
	}
}

func TestPlainSafetensorsBothWays(t *testing.T) {
	compressed := open(t, writeTest(t, testFile(), WriteOptions{})...)
	f, err := compressed.File()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plain.safetensors")
	if err := WriteSafetensors(path, f, false); err != nil {
		t.Fatal(err)
	}
	plain := open(t, path)
	a, _ := compressed.Hash()
	if b, err := plain.Hash(); err != nil || a != b {
		t.Errorf("hash %s compressed, %s plain, %v: quantizing again should change nothing", a, b, err)
	}
	sameTensors(t, plain, testFile())
	if err := WriteSafetensors(path, f, false); !errors.Is(err, ErrExists) {
		t.Errorf("overwriting: %v", err)
	}
}

func TestPieces(t *testing.T) {
	f := testFile()
	paths := writeTest(t, f, WriteOptions{MaxPiece: 1_238_200})
	if len(paths) < 2 {
		t.Fatalf("%d pieces", len(paths))
	}
	slices.Reverse(paths)
	m := open(t, paths...)
	sameTensors(t, m, f)
	if h, err := m.Hash(); err != nil || len(h) != 64 {
		t.Errorf("hash %q, %v", h, err)
	}
	if _, err := Open(paths[1:]...); !errors.Is(err, ErrMissing) {
		t.Errorf("without a piece: %v", err)
	}
	if _, err := Open(paths[0], paths[0]); !errors.Is(err, ErrFormat) {
		t.Errorf("a piece twice: %v", err)
	}
	if _, err := Write(filepath.Join(t.TempDir(), "x"+Extension), f, WriteOptions{MaxPiece: 1000}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a tensor that fits no piece: %v", err)
	}
}

func TestPartsInFilesOfTheirOwn(t *testing.T) {
	a, b := testFile(), testFile()
	a.Tensors, a.Parts = a.Tensors[:3], []string{PartText}
	b.Tensors = b.Tensors[3:]
	m := open(t, writeTest(t, b, WriteOptions{})[0], writeTest(t, a, WriteOptions{})[0])
	sameTensors(t, m, testFile())
	if want := []string{PartText, PartUNet, PartDecoder}; !slices.Equal(m.Parts(), want) {
		t.Errorf("parts %v", m.Parts())
	}
	b.Config = json.RawMessage(`{}`)
	if _, err := Open(writeTest(t, a, WriteOptions{})[0], writeTest(t, b, WriteOptions{})[0]); !errors.Is(err, ErrFormat) {
		t.Errorf("other configurations: %v", err)
	}
}

func TestConcurrentReaders(t *testing.T) {
	m := open(t, writeTest(t, testFile(), WriteOptions{})...)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, name := range m.Names() {
				if i, _ := m.Info(name); i.Kind == Bytes {
					continue
				}
				if _, err := m.Float32(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestWriterRefuses(t *testing.T) {
	nan := float32(math.NaN())
	for name, tensor := range map[string]Tensor{
		"not a number":    {Name: "x", Shape: []int{1}, Float32: []float32{nan}},
		"too large":       {Name: "x", Shape: []int{1}, Kind: F16, Float32: []float32{1e6}},
		"wrong count":     {Name: "x", Shape: []int{2}, Float32: []float32{1}},
		"a scale's name":  {Name: "x.scale", Shape: []int{1}, Float32: []float32{1}},
		"quantized value": {Name: "x", Kind: Int8, Float32: []float32{1}},
		"no name":         {Shape: []int{1}, Float32: []float32{1}},
	} {
		f := File{Config: json.RawMessage(`{}`), Tensors: []Tensor{tensor}}
		path := filepath.Join(t.TempDir(), "x"+Extension)
		if _, err := Write(path, f, WriteOptions{}); err == nil {
			t.Errorf("%s was written", name)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s left a file", name)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "test"+Extension)
	if _, err := Write(path, testFile(), WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

func BenchmarkFloat32(b *testing.B) {
	path := filepath.Join(b.TempDir(), "test"+Extension)
	if _, err := Write(path, testFile(), WriteOptions{}); err != nil {
		b.Fatal(err)
	}
	m, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	b.SetBytes(300 * 4001)
	for b.Loop() {
		if _, err := m.Float32("unet.large"); err != nil {
			b.Fatal(err)
		}
	}
}
