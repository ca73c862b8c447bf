// Package shaders holds the WGSL sources of the operations of the networks,
// one file a family of operations.
//
// They keep to what both naga 0.19 and Chromium parse and to the baseline
// limits of WebGPU: 16 KiB of workgroup memory, 256 invocations, four bindings
// of at most 128 MiB. Every value lies in one buffer, the arena, which a
// shader binds once; the places of its operands in it are fields of Params, as
// WebGPU lets no dispatch bind one buffer both to read and to write. No
// invocation runs loops of 65,535 rounds or more, where lavapipe stops. Loops
// over what lies in registers are written out before a shader is compiled: a
// line "//for i 4" opens one of four rounds, whose number is $i, "//end" closes
// it.
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
	// Size is how many vectors of four a head has, of the shaders of attention
	// that are made for one size.
	Size int
}

// ParamsBinding is the binding of the uniform Params of every shader.
const ParamsBinding = 1

// Writes reports whether the shader writes to a binding: to the arena, which is
// the first, and a sampler's step to its vectors.
func (s Source) Writes(binding int) bool { return binding == 0 || s == Step && binding == 2 }

// The shaders. Those with a 4 in their names work on vectors of four values,
// and need tensors that divide into them. The constants are those of the files.
var (
	Product      = Source{File: "product.wgsl", Entry: "main", Bindings: 4}
	Conv3        = Source{File: "conv.wgsl", Entry: "conv3", Bindings: 4}
	Conv1        = Source{File: "conv.wgsl", Entry: "conv1", Bindings: 4}
	ConvShared   = Source{File: "conv_shared.wgsl", Entry: "main", Bindings: 4}
	SumParts     = Source{File: "sum.wgsl", Entry: "main", Bindings: 3}
	Linear       = Source{File: "linear.wgsl", Entry: "main", Bindings: 4}
	LinearShared = Source{File: "linear_shared.wgsl", Entry: "main", Bindings: 4}
	GroupNorm    = Source{File: "group_norm.wgsl", Entry: "main", Bindings: 4}
	LayerNorm    = Source{File: "layer_norm.wgsl", Entry: "main", Bindings: 4}
	GroupNorm4   = Source{File: "norm.wgsl", Entry: "group_norm", Bindings: 4}
	LayerNorm4   = Source{File: "norm.wgsl", Entry: "layer_norm", Bindings: 4}
	SiLU         = Source{File: "activation.wgsl", Entry: "silu", Bindings: 2}
	GELU         = Source{File: "activation.wgsl", Entry: "gelu", Bindings: 2}
	AttendLong   = Source{File: "attend.wgsl", Entry: "long", Bindings: 2}
	Attend       = Source{File: "attention.wgsl", Entry: "attend", Bindings: 2}
	Weigh        = Source{File: "attention.wgsl", Entry: "weigh", Bindings: 2}
	MeanTokens   = Source{File: "mean.wgsl", Entry: "main", Bindings: 2}
	Embedding    = Source{File: "embedding.wgsl", Entry: "main", Bindings: 3}
	Add          = Source{File: "broadcast.wgsl", Entry: "add", Bindings: 2}
	Mul          = Source{File: "broadcast.wgsl", Entry: "mul", Bindings: 2}
	Gather       = Source{File: "gather.wgsl", Entry: "main", Bindings: 2}
	Join4        = Source{File: "copy.wgsl", Entry: "join", Bindings: 2}
	Transpose4   = Source{File: "copy.wgsl", Entry: "transpose4", Bindings: 2}
	Upsample4    = Source{File: "copy.wgsl", Entry: "upsample", Bindings: 2}
	Add4         = Source{File: "copy.wgsl", Entry: "add", Bindings: 2}
	AvgPool      = Source{File: "pool.wgsl", Entry: "main", Bindings: 2}
	Timestep     = Source{File: "timestep.wgsl", Entry: "main", Bindings: 3}
	Step         = Source{File: "step.wgsl", Entry: "main", Bindings: 3}
)

// MostHeadShort is the most vectors of four of a head that AttendShort has a
// shader for: with more, compilers take seconds for what is then no faster.
const MostHeadShort = 4

// AttendShort is attention with heads of size vectors of four.
func AttendShort(size int) Source {
	return Source{File: "attend.wgsl", Entry: "short", Bindings: 2, Size: size}
}

// MostHeadShared is the same of AttendShared, whose workgroup memory is filled
// with it.
const MostHeadShared = 16

// AttendShared is AttendShort with keys and values in workgroup memory.
func AttendShared(size int) Source {
	return Source{File: "attend_shared.wgsl", Entry: "main", Bindings: 2, Size: size}
}

// All lists every shader, those of attention in the sizes of the presets.
func All() []Source {
	return []Source{Product, Conv3, Conv1, ConvShared, SumParts, Linear, LinearShared, GroupNorm, GroupNorm4, LayerNorm, LayerNorm4, SiLU, GELU, AttendShort(4), AttendLong, AttendShared(4), AttendShared(8), AttendShared(16), Attend, Weigh, MeanTokens, Embedding, Add, Mul, Add4, Gather, Join4, Transpose4, Upsample4, AvgPool, Timestep, Step}
}

// Constants of the files, which decide how many workgroups a dispatch has.
const (
	Lanes            = 64 // invocations of a workgroup, unless said otherwise
	ProductLanes     = 16 // of product.wgsl
	ProductPositions = 4  // positions an invocation of product.wgsl computes
	ProductChannels  = 8  // channels a workgroup of product.wgsl computes
	TileLanes        = 32 // of conv.wgsl, linear.wgsl, attend.wgsl and the rows of norm.wgsl
	SharedChannels   = 32 // channels a workgroup of conv_shared.wgsl computes
	SharedPositions  = 64 // positions it computes of each
	SharedRows       = 32 // rows a workgroup of linear_shared.wgsl computes
	SharedOutputs    = 32 // outputs it computes of each
	SharedQueries    = 64 // queries a workgroup of attend_shared.wgsl computes
	AttendQueries    = 8  // queries an invocation of attend.wgsl computes
	LinearRows       = 8  // rows an invocation of linear.wgsl computes
	LinearOutputs    = 16 // outputs it computes of each
	AttentionLanes   = 16 // of attention.wgsl
	MaxVectors       = 4  // of a sampler, in step.wgsl
	AttentionTile    = 16 // keys an invocation of attention.wgsl works on at a time
)

// WGSL returns the text of the shader's file, its loops written out.
func (s Source) WGSL() string {
	text, err := sources.ReadFile(s.File)
	if err != nil {
		panic(err) // a file of this package that is embedded
	}
	expanded, err := expand(string(text), map[string]int{"SIZE": s.Size})
	if err != nil {
		panic(err) // in a file of this package
	}
	return expanded
}
