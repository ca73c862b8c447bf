package gpu

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

var _ graph.Stepper = (*Program)(nil)

// loop is what a sampler's steps need besides the program.
type loop struct {
	graph.Loop
	values    int    // of all images
	vectors   int    // of the sampler
	state     Buffer // the vectors, and noise
	params    Buffer
	group     Group
	recording Recording
}

func (l *loop) free() {
	if l.group != nil {
		l.group.Free()
	}
	for _, b := range []Buffer{l.state, l.params} {
		if b != nil {
			b.Free()
		}
	}
	*l = loop{}
}

// Ahead implements graph.Stepper: while one step is on its way to the host, a
// GPU takes the next. One in software shares the processor with the host, which
// gains nothing by waiting later, and would be cancelled later.
func (p *Program) Ahead() int {
	if p.backend.device.Info().Software() {
		return 1
	}
	return 2
}

// Begin implements graph.Stepper.
func (p *Program) Begin(l graph.Loop, vectors [][]float32) error {
	in, ok := p.plan.Inputs[l.Input]
	from, also := p.plan.Outputs[l.Output]
	if !ok || !also {
		return fmt.Errorf("%w: no loop from output %q to input %q", graph.ErrProgram, l.Output, l.Input)
	}
	values, n := len(vectors[0]), p.plan.Nodes[in].Len()
	if len(vectors) > shaders.MaxVectors || l.Conditions < 1 || l.Conditions > 2 || l.Images < 1 || values%l.Images != 0 ||
		n != l.Conditions*values || n != p.plan.Nodes[from].Len() {
		return fmt.Errorf("%w: %d vectors of %d values for %d images under %d conditions do not fit an input of %d values", graph.ErrProgram,
			len(vectors), values, l.Images, l.Conditions, n)
	}
	if p.loop.Loop != l || p.loop.values != values || p.loop.vectors != len(vectors) {
		if err := p.makeLoop(l, values, len(vectors)); err != nil {
			p.loop.free()
			return err
		}
	}
	for i, v := range vectors {
		if err := p.backend.device.Write(p.loop.state, 4*i*values, floatBytes(v)); err != nil {
			return err
		}
	}
	for c := range l.Conditions {
		if err := p.backend.device.Write(p.arena, 4*(p.plan.Offset[in]+c*values), floatBytes(vectors[0])); err != nil {
			return err
		}
	}
	return nil
}

func (p *Program) makeLoop(l graph.Loop, values, vectors int) (err error) {
	p.loop.free()
	p.loop.Loop, p.loop.values, p.loop.vectors = l, values, vectors
	d := p.backend.device
	if p.loop.state, err = d.NewBuffer(4 * values * (vectors + 1)); err != nil {
		return err
	}
	if p.loop.params, err = d.NewBuffer(paramSlot); err != nil {
		return err
	}
	pipeline, err := p.backend.pipeline(shaders.Step)
	if err != nil {
		return err
	}
	if p.loop.group, err = d.NewGroup(pipeline, Binding{Buffer: p.arena}, Binding{Buffer: p.loop.params}, Binding{Buffer: p.loop.state}); err != nil {
		return err
	}
	p.loop.recording, err = d.Record([]Dispatch{{pipeline, p.loop.group, [3]int{l.Images, 1, 1}}})
	return err
}

// Step implements graph.Stepper.
func (p *Program) Step(factors [][]float64, noise []float32) error {
	l := &p.loop
	if l.state == nil || len(factors) != l.vectors {
		return fmt.Errorf("%w: a step of %d vectors in a loop of %d", graph.ErrProgram, len(factors), l.vectors)
	}
	params, err := p.stepFields(factors).words(shaders.Step)
	if err != nil {
		return err
	}
	if err := p.backend.device.Write(l.params, 0, slot(params)); err != nil {
		return err
	}
	if noise != nil {
		if err := p.backend.device.Write(l.state, 4*l.vectors*l.values, floatBytes(noise)); err != nil {
			return err
		}
	}
	return p.backend.device.Submit(l.recording)
}

// stepFields are the Params of a step with those factors, a row per vector: of
// the vectors, of the prediction and of the noise.
func (p *Program) stepFields(factors [][]float64) fields {
	const most = shaders.MaxVectors
	onVectors, onPrediction, onNoise := make([]float32, most*most), make([]float32, most), make([]float32, most)
	l := &p.loop
	for v, row := range factors {
		for i, f := range row[:l.vectors] {
			onVectors[v*most+i] = float32(f)
		}
		onPrediction[v], onNoise[v] = float32(row[l.vectors]), float32(row[l.vectors+1])
	}
	return fields{
		"on_vectors": onVectors, "on_prediction": onPrediction, "on_noise": onNoise,
		"prediction": p.plan.Offset[p.plan.Outputs[l.Output]], "latent": p.plan.Offset[p.plan.Inputs[l.Input]],
		"size": l.values / l.Images, "images": l.Images, "conditions": l.Conditions, "vectors": l.vectors,
		"guidance": float32(l.Guidance), "rescale": float32(l.Rescale),
	}
}

// Vectors implements graph.Stepper.
func (p *Program) Vectors() (graph.Pending, error) {
	c, err := p.backend.device.Copy(p.loop.state, 0, 4*p.loop.vectors*p.loop.values)
	return pending{c}, err
}

type pending struct{ Copied }

func (p pending) Wait(dst [][]float32) error {
	n := len(dst[0])
	b := make([]byte, 4*n*len(dst))
	if err := p.Copied.Wait(b); err != nil {
		return err
	}
	for i := range dst {
		setFloats(dst[i], b[4*i*n:])
	}
	return nil
}

// setFloats sets floats to what floatBytes made of them.
func setFloats(dst []float32, b []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}
