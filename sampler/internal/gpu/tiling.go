package gpu

import (
	"slices"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/shaders"
)

// Tiling is a way to divide an operation among the invocations of a GPU. Which
// is the fastest depends on the adapter. They add in different orders, so that
// results differ in the last digits by the tiling.
type Tiling string

// The tilings. Those that split sum the channels of a convolution in parts, of
// which a second dispatch makes the sum, where it has too few outputs to keep a
// GPU busy.
const (
	Registers      Tiling = "registers" // operands go from device memory to registers
	RegistersSplit Tiling = "registers, split"
	Shared         Tiling = "shared" // operands go through the memory of a workgroup
	SharedSplit    Tiling = "shared, split"
)

func (t Tiling) shared() bool { return t == Shared || t == SharedSplit }
func (t Tiling) split() bool  { return t == RegistersSplit || t == SharedSplit }

// Class is a kind of work that one tiling is chosen for: an operation and what
// its speed depends on.
type Class string

// The classes of the networks. Planes are large from 32 × 32 positions on.
const (
	Conv3Large  Class = "3×3 convolution, large planes"
	Conv3Small  Class = "3×3 convolution, small planes"
	Conv1       Class = "1×1 convolution"
	Linear      Class = "linear"
	Attention16 Class = "attention, heads of up to 16"
	Attention32 Class = "attention, heads of up to 32"
	Attention64 Class = "attention, heads of up to 64"
)

// largePlane is how many positions a large plane has at least.
const largePlane = 32 * 32

// class is what is chosen from for a class of work.
type class struct {
	Class
	registers, shared shaders.Source
	splits            bool
	// example builds work of the class in the sizes of a small network.
	example func(r *graph.Recorder) graph.Value
}

var classes = []class{
	{Conv3Large, shaders.Conv3, shaders.ConvShared, true, conv(64, 32, 3)},
	{Conv3Small, shaders.Conv3, shaders.ConvShared, true, conv(256, 8, 3)},
	{Conv1, shaders.Conv1, shaders.ConvShared, true, conv(128, 16, 1)},
	{Linear, shaders.Linear, shaders.LinearShared, false, linear(256, 128)},
	{Attention16, shaders.AttendShort(4), shaders.AttendShared(4), false, attention(512, 64, 4)},
	{Attention32, shaders.AttendLong, shaders.AttendShared(8), false, attention(256, 128, 4)},
	{Attention64, shaders.AttendLong, shaders.AttendShared(16), false, attention(128, 256, 4)},
}

func conv(channels, side, size int) func(r *graph.Recorder) graph.Value {
	return func(r *graph.Recorder) graph.Value {
		x := r.Input("x", graph.PerLatent, 2, channels, side, side)
		return r.Conv2d(x, r.Param("weight", channels, channels, size, size), r.Param("bias", channels), 1, size/2)
	}
}

func linear(rows, width int) func(r *graph.Recorder) graph.Value {
	return func(r *graph.Recorder) graph.Value {
		return r.Linear(r.Input("x", graph.PerLatent, 2, rows, width), r.Param("weight", width, width))
	}
}

func attention(queries, width, heads int) func(r *graph.Recorder) graph.Value {
	return func(r *graph.Recorder) graph.Value {
		x := r.Input("x", graph.PerLatent, 2, queries, width)
		return r.Attention(x, x, x, heads)
	}
}

// candidates are the tilings that an adapter may be the fastest with. Software
// works through all invocations in any case, and gains nothing by more of them.
func (c class) candidates(i Info) []Tiling {
	if c.splits && !i.Software() {
		return []Tiling{SharedSplit, Shared, RegistersSplit, Registers}
	}
	if i.Software() {
		return []Tiling{Registers, Shared}
	}
	return []Tiling{Shared, Registers}
}

// Tilings says which tiling each class of work has. One that is not in it is
// Registers.
type Tilings map[Class]Tiling

// Default returns the tilings for an adapter on which none were measured, by
// its type alone: for software what goes through its few registers, for others
// what reads device memory least.
func Default(i Info) Tilings {
	t := Tilings{}
	for _, c := range classes {
		t[c.Class] = c.candidates(i)[0]
	}
	return t
}

func (t Tilings) of(c Class) Tiling {
	if tiling, ok := t[c]; ok {
		return tiling
	}
	return Registers
}

// valid reports whether the adapter could have been measured to have them.
func (t Tilings) valid(i Info) bool {
	for _, c := range classes {
		if !slices.Contains(c.candidates(i), t[c.Class]) {
			return false
		}
	}
	return len(t) == len(classes)
}

// shaders lists those that the steps of the presets run on with these tilings.
func (t Tilings) shaders() []shaders.Source {
	unused := map[shaders.Source]bool{shaders.Attend: true, shaders.Weigh: true}
	for _, c := range classes {
		unused[c.registers], unused[c.shared] = true, true
	}
	for _, c := range classes {
		if t.of(c.Class).shared() {
			unused[c.shared] = false
		} else {
			unused[c.registers] = false
		}
	}
	return slices.DeleteFunc(shaders.All(), func(s shaders.Source) bool { return unused[s] })
}

// convClass is the class of a convolution by its window and its plane.
func convClass(size, positions int) Class {
	switch {
	case size == 1:
		return Conv1
	case positions >= largePlane:
		return Conv3Large
	}
	return Conv3Small
}

// attentionClass is the class of attention by the size of a head.
func attentionClass(head int) Class {
	switch {
	case head <= 16:
		return Attention16
	case head <= 32:
		return Attention32
	}
	return Attention64
}
