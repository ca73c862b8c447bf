package sampler_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/modeltest"
	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// parityTolerance is in parts of an output's range: two float32 computations,
// each in its own order.
const parityTolerance = 1e-5

// TestSpecification writes model files, and runs their networks here and in
// Python, where the file is read by the written rule and loaded into the
// modules of the specification.
func TestSpecification(t *testing.T) {
	python := need.Python(t, "torch", "safetensors", "zstandard", "numpy")
	paper := model.Paper()
	paper.TextLayers, paper.TextVocab = 2, 500 // twelve equal layers prove no more than two
	for _, c := range []struct {
		name   string
		config model.Config
		kind   weights.Kind
	}{
		{"tiny", model.Tiny(), weights.F32}, {"tiny", model.Tiny(), weights.F16}, {"tiny", model.Tiny(), weights.Int8}, {"tiny", model.Tiny(), weights.Int4},
		{"reduced", modeltest.Reduced(), weights.F32},
		{"mini", model.Mini(), weights.F32}, {"mini", model.Mini(), weights.Int8},
		{"paper", paper, weights.F32},
	} {
		t.Run(c.name+" "+c.kind.String(), func(t *testing.T) { compare(t, python, c.config, c.kind) })
	}
}

func compare(t *testing.T, python string, c model.Config, kind weights.Kind) {
	path := samplertest.Write(t, samplertest.File(t, samplertest.Description(c), kind))
	const tokens = 6
	s := c.LatentSize()
	latent := modeltest.Normal("latent", 1, c.LatentChannels, s, s)
	timestep := modeltest.Input{Name: "timestep", Rate: graph.PerTimestep, Shape: []int{1}, Values: []float32{613}}
	context := modeltest.Normal("context", 1, tokens, c.TextFeatures)
	mask := modeltest.Input{Name: "mask", Rate: graph.PerPrompt, Shape: []int{1, tokens}, Values: []float32{1, 1, 1, 1, 0, 0}}
	image := modeltest.Normal("image", 1, 1, c.ImageSize, c.ImageSize)
	z := modeltest.Normal("z", 1, c.LatentChannels, s, s)
	count := func(name string, f func(i int) int) modeltest.Input {
		in := modeltest.Input{Name: name, Rate: graph.PerPrompt, Shape: []int{1, tokens}, Values: make([]float32, tokens)}
		for i := range in.Values {
			in.Values[i] = float32(f(i))
		}
		return in
	}
	ids := count("ids", func(i int) int { return (i*97 + 2) % c.TextVocab })
	positions, types := count("positions", func(i int) int { return i }), count("types", func(int) int { return 0 })
	type ops = model.Ops[graph.Value]
	type V = graph.Value
	networks := []modeltest.Case[V]{
		{Name: "unet", Inputs: []modeltest.Input{latent, timestep, context, mask}, Build: func(o ops, x []V) V { return model.UNet(o, c, x[0], x[1], x[2:]...) }},
		{Name: "encoder", Inputs: []modeltest.Input{image}, Build: func(o ops, x []V) V { return model.Encoder(o, c, x[0]) }},
		{Name: "decoder", Inputs: []modeltest.Input{z}, Build: func(o ops, x []V) V { return model.Decoder(o, c, x[0]) }},
		{Name: "text", Inputs: []modeltest.Input{ids, positions, types}, Build: func(o ops, x []V) V { return model.TextEncoder(o, c, x[0], x[1], x[2]) }},
	}

	dir := t.TempDir()
	var inputs []weights.Values
	for _, in := range []modeltest.Input{latent, timestep, context, mask, image, z, ids} {
		inputs = append(inputs, weights.Values{Name: in.Name, Shape: in.Shape, Float32: in.Values})
	}
	inputFile, outputFile := filepath.Join(dir, "inputs.safetensors"), filepath.Join(dir, "outputs.safetensors")
	if err := weights.WritePlain(inputFile, nil, inputs); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), python, "../internal/modeltest/testdata/parity.py", path, inputFile, outputFile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	outputs, err := weights.OpenPlain(outputFile)
	if err != nil {
		t.Fatal(err)
	}
	defer outputs.Close()
	m, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	backend, err := cpu.New(m, cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for _, n := range networks {
		g, err := modeltest.Record(n)
		if err != nil {
			t.Fatal(err)
		}
		got, err := modeltest.Run(t, backend, g, n.Inputs, 1)
		if err != nil {
			t.Fatal(err)
		}
		want, err := outputs.Float32(n.Name)
		if err != nil {
			t.Fatal(err)
		}
		wide := make([]float64, len(want))
		for i, v := range want {
			wide[i] = float64(v)
		}
		d := modeltest.Difference(got[0], wide)
		if !(d <= parityTolerance) {
			t.Errorf("%s: error %.3g of the range, tolerated is %.3g", n.Name, d, parityTolerance)
		}
		t.Logf("%s: error %.3g of the range of %d values", n.Name, d, len(want))
	}
	null, err := m.Float32("adapter.null")
	if err != nil {
		t.Fatal(err)
	}
	want, err := outputs.Float32("null")
	if err != nil {
		t.Fatal(err)
	}
	for i := range null {
		if null[i] != want[i] {
			t.Fatalf("value %d of the null condition is %g here and %g there", i, null[i], want[i])
		}
	}
}
