package graph

import (
	"context"
	"errors"
	"fmt"
)

// ErrProgram is wrapped by errors of programs that cannot be had on a device,
// or are used wrongly: too much memory, an unknown name, a wrong length, an id
// outside its table.
var ErrProgram = errors.New("graph: program refused")

// Source gives the values of a model's parameters: a weights.Model is one.
type Source interface {
	// Float32 returns the values of the tensor of that name, row-major.
	Float32(name string) ([]float32, error)
}

// Backend compiles plans for one model on one device. It keeps the parameters
// that its programs share.
type Backend interface {
	// Name says what computes, for people: "cpu (2 threads, avx2)".
	Name() string
	// Compile makes a program of a plan.
	Compile(ctx context.Context, p *Plan) (Program, error)
	// Close frees the device and what its programs share.
	Close() error
}

// Streamer is a backend that can run a plan without keeping its parameters.
type Streamer interface {
	Backend
	// Stream makes a program that reads each parameter when it is needed, and
	// drops it after the operation.
	Stream(ctx context.Context, p *Plan) (Program, error)
}

// Program is a plan on a device. It is used by one goroutine at a time.
type Program interface {
	// Write sets an input; data has its length.
	Write(input string, data []float32) error
	// Run executes one stage. It returns ctx's error when it was cancelled,
	// after which the stage must run again.
	Run(ctx context.Context, s Stage) error
	// Read copies an output to dst, which has its length, and waits for it.
	Read(output string, dst []float32) error
	// Close frees the arena.
	Close() error
}

// Input returns the input of that name, to which data is to be written.
func (p *Plan) Input(name string, data []float32) (Value, error) {
	v, ok := p.Inputs[name]
	if !ok {
		return v, fmt.Errorf("%w: no input %q", ErrProgram, name)
	}
	if n := p.Nodes[v].Len(); len(data) != n {
		return v, fmt.Errorf("%w: input %q has %d values, %d were given", ErrProgram, name, n, len(data))
	}
	return v, nil
}

// Output returns the output of that name, which is to be read to dst.
func (p *Plan) Output(name string, dst []float32) (Value, error) {
	v, ok := p.Outputs[name]
	if !ok {
		return v, fmt.Errorf("%w: no output %q", ErrProgram, name)
	}
	if n := p.Nodes[v].Len(); len(dst) != n {
		return v, fmt.Errorf("%w: output %q has %d values, room for %d was given", ErrProgram, name, n, len(dst))
	}
	return v, nil
}

// ParamValues reads the values of a parameter, as many as its shape has.
func ParamValues(s Source, n *Node) ([]float32, error) {
	v, err := s.Float32(n.Name)
	if err == nil && len(v) != n.Len() {
		err = fmt.Errorf("%w: parameter %q has %d values, shape %v needs %d", ErrProgram, n.Name, len(v), n.Shape, n.Len())
	}
	return v, err
}
