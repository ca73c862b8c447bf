// Package graph records a network of package model as a graph of tensor
// operations, works out how rarely each must run, and plans one arena of
// memory for all of its values. Executors (packages cpu and gpu) run the plan.
package graph

import "fmt"

// Value names the result of a node: its index in Graph.Nodes.
type Value int

// Op is the kind of a node.
type Op uint8

// The operations. All but Input, Param and Reshape are those of model.Ops,
// whose documentation gives their shapes.
const (
	Input Op = iota // a value that the caller writes
	Param           // a parameter of the model file
	Linear
	Conv2d
	GroupNorm
	LayerNorm
	SiLU
	GELU
	Attention
	AttentionWeights
	MeanTokens
	Embedding
	Add
	Mul
	Concat
	Upsample2
	AvgPool2
	PixelShuffle
	PixelUnshuffle
	TimestepEmbedding
	Reshape // a view: it shares the memory of its operand
	Transpose
	Pad // a copy with a border of zeros; only in plans of [Plan.ChannelsLast]
)

var opNames = [...]string{"Input", "Param", "Linear", "Conv2d", "GroupNorm", "LayerNorm", "SiLU", "GELU", "Attention",
	"AttentionWeights", "MeanTokens", "Embedding", "Add", "Mul", "Concat", "Upsample2", "AvgPool2", "PixelShuffle", "PixelUnshuffle",
	"TimestepEmbedding", "Reshape", "Transpose", "Pad"}

func (op Op) String() string {
	if int(op) < len(opNames) {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%d)", op)
}

// Node is one operation on earlier values.
type Node struct {
	Op    Op
	In    []Value // operands, in the order of the operation's arguments; optional ones last
	Shape []int   // of the result
	Name  string  // of an Input or a Param

	Stride, Padding int     // Conv2d
	Groups          int     // GroupNorm
	Heads           int     // Attention, AttentionWeights
	Factor          int     // PixelShuffle, PixelUnshuffle
	Axes            [2]int  // Transpose
	Eps             float64 // GroupNorm, LayerNorm
	Rate            Rate

	Fused // only in plans of [Plan.ChannelsLast], [Plan.Fuse] and [Plan.FuseNorms]
}

// Fused is what a node does beside its own operation.
type Fused struct {
	// Border is the width of a border of zeros around each image of the
	// result, which is not part of its shape.
	Border int
	// Scaled multiplies the result, and Shifted adds to it, before SiLU: each by
	// an operand of (1 or B, 1, 1, C), or (1 or B, C, 1, 1) where images are
	// channels first, in that order after the operation's own. GroupNorm.
	Scaled, Shifted bool
	// SiLU is applied to the result: GroupNorm.
	SiLU bool
	// PerChannel is added to the result: (1 or B, 1, 1, C), or (1 or B, C, 1, 1)
	// where images are channels first, the last operand but for Residual.
	// Conv2d.
	PerChannel bool
	// Residual, of the result's shape, is added to it: the last operand.
	// Conv2d, Linear.
	Residual bool
}

// Len is the number of values of the node's result.
func (n *Node) Len() int { return Len(n.Shape) }

// Size is the number of values that the result takes in memory: its border is
// counted.
func (n *Node) Size() int {
	if n.Border == 0 {
		return n.Len()
	}
	return n.Shape[0] * (n.Shape[1] + 2*n.Border) * (n.Shape[2] + 2*n.Border) * n.Shape[3]
}

// Own returns the operands of the operation itself, without those of Fused.
func (n *Node) Own() []Value {
	extra := 0
	for _, has := range []bool{n.Scaled, n.Shifted, n.PerChannel, n.Residual} {
		if has {
			extra++
		}
	}
	return n.In[:len(n.In)-extra]
}

// Len is the number of values of a tensor of that shape.
func Len(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Rate says on what a value depends, and so how often it must be computed. It
// is a set: a value depends on all that its operands depend on.
type Rate uint8

const (
	PerPrompt   Rate = 1 << iota // on the prompt: once per image
	PerTimestep                  // on the timestep: once per step, whatever the batch
	PerLatent                    // on the latent: every step
)

// Stage is a part of a plan that runs as one.
type Stage uint8

// The stages, in the order in which they must run when all inputs are new.
const (
	PromptStage   Stage = iota // what depends on parameters and the prompt alone
	TimestepStage              // what depends on the timestep, not on the prompt or the latent
	LatentStage                // everything else
	NumStages
)

func (r Rate) stage() Stage {
	switch {
	case r&^PerPrompt == 0:
		return PromptStage
	case r == PerTimestep:
		return TimestepStage
	}
	return LatentStage
}

// Output is a value that the caller reads.
type Output struct {
	Name  string
	Value Value
}

// Graph is a recorded network. Operands come before the nodes that use them.
type Graph struct {
	Nodes   []Node
	Outputs []Output
}
