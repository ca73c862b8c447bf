// Package shaders holds the WGSL sources of the operations of the networks,
// one file a family of operations.
//
// They keep to what both naga 0.19 and Chromium parse and to the baseline
// limits of WebGPU: 16 KiB of workgroup memory, 256 invocations, four bindings
// of at most 128 MiB. Every value lies in one buffer, the arena, which a
// shader binds once; the places of its operands in it are fields of Params, as
// WebGPU lets no dispatch bind one buffer both to read and to write. No
// invocation runs loops of 65,535 rounds or more, where lavapipe stops.
package shaders

import "embed"

//go:embed *.wgsl
var sources embed.FS

// Source is a shader that is compiled to a pipeline: an entry point of a file.
type Source struct {
	File  string
	Entry string
	// Bindings is how many bindings the entry point's file declares: the
	// arena, its Params, and other buffers.
	Bindings int
}

// ParamsBinding is the binding of the uniform Params of every shader.
const ParamsBinding = 1

// Writes reports whether the shader writes to a binding: to the arena, which is
// the first, and a sampler's step to its vectors.
func (s Source) Writes(binding int) bool { return binding == 0 || s == Step && binding == 2 }

// The shaders. Those with a 4 in their names work on vectors of four values,
// and need tensors that divide into them. The constants are those of the files.
var (
	Product    = Source{"product.wgsl", "main", 4}
	Conv3      = Source{"conv.wgsl", "conv3", 4}
	Conv1      = Source{"conv.wgsl", "conv1", 4}
	SumParts   = Source{"sum.wgsl", "main", 3}
	Linear     = Source{"linear.wgsl", "main", 4}
	GroupNorm  = Source{"group_norm.wgsl", "main", 4}
	LayerNorm  = Source{"layer_norm.wgsl", "main", 4}
	GroupNorm4 = Source{"norm.wgsl", "group_norm", 4}
	LayerNorm4 = Source{"norm.wgsl", "layer_norm", 4}
	SiLU       = Source{"activation.wgsl", "silu", 2}
	GELU       = Source{"activation.wgsl", "gelu", 2}
	Attend4    = Source{"attend.wgsl", "main", 2}
	Attend     = Source{"attention.wgsl", "attend", 2}
	Weigh      = Source{"attention.wgsl", "weigh", 2}
	Embedding  = Source{"embedding.wgsl", "main", 3}
	Add        = Source{"broadcast.wgsl", "add", 2}
	Mul        = Source{"broadcast.wgsl", "mul", 2}
	Gather     = Source{"gather.wgsl", "main", 2}
	Join4      = Source{"copy.wgsl", "join", 2}
	Transpose4 = Source{"copy.wgsl", "transpose4", 2}
	Upsample4  = Source{"copy.wgsl", "upsample", 2}
	Add4       = Source{"copy.wgsl", "add", 2}
	AvgPool    = Source{"pool.wgsl", "main", 2}
	Timestep   = Source{"timestep.wgsl", "main", 3}
	Step       = Source{"step.wgsl", "main", 3}
)

// All lists every shader.
func All() []Source {
	return []Source{Product, Conv3, Conv1, SumParts, Linear, GroupNorm, GroupNorm4, LayerNorm, LayerNorm4, SiLU, GELU, Attend4, Attend, Weigh, Embedding, Add, Mul, Add4, Gather, Join4, Transpose4, Upsample4, AvgPool, Timestep, Step}
}

// Constants of the files, which decide how many workgroups a dispatch has.
const (
	Lanes            = 64 // invocations of a workgroup, unless said otherwise
	ProductLanes     = 16 // of product.wgsl
	ProductPositions = 4  // positions an invocation of product.wgsl computes
	ProductChannels  = 8  // channels a workgroup of product.wgsl computes
	TileLanes        = 32 // of conv.wgsl, linear.wgsl, attend.wgsl and the rows of norm.wgsl
	AttendQueries    = 8  // queries an invocation of attend.wgsl computes
	LinearRows       = 8  // rows an invocation of linear.wgsl computes
	AttentionLanes   = 16 // of attention.wgsl
	MaxVectors       = 4  // of a sampler, in step.wgsl
	AttentionTile    = 16 // keys an invocation of attention.wgsl works on at a time
)

// WGSL returns the text of the shader's file.
func (s Source) WGSL() string {
	text, err := sources.ReadFile(s.File)
	if err != nil {
		panic(err) // a file of this package that is embedded
	}
	return string(text)
}
