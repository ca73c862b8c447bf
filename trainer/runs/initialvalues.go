package runs

import (
	"hash/fnv"
	"math"
	"strings"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/noise"
)

// EmbeddingStd is the deviation of BERT's initial weights.
const EmbeddingStd = 0.02

// initial fills a parameter before training. It depends on nothing but the
// seed, the name and the shape.
//
// Weights are Gaussian with the variance 1/(3·fan-in) of PyTorch's default,
// BERT's with its deviation 0.02; norms start as the identity, biases at 0. In
// the U-Net the last layer of every residual branch, and of all, starts at 0,
// so that each block begins as the identity (Goyal et al. 2017; Dhariwal and
// Nichol 2021).
func InitialValues(seed uint64, name string, shape []int) []float32 {
	values := make([]float32, graph.Len(shape))
	fill := func(std float64) []float32 {
		h := fnv.New32a()
		h.Write([]byte(name))
		noise.Latent(values, seed, h.Sum32(), noise.StreamTraining)
		for i := range values {
			values[i] *= float32(std)
		}
		return values
	}
	norm := strings.Contains(name, "norm") || strings.Contains(name, "LayerNorm")
	switch {
	case norm && strings.HasSuffix(name, ".weight"):
		for i := range values {
			values[i] = 1
		}
		return values
	case strings.HasSuffix(name, ".time_scale.bias"): // an adaptive norm starts as a plain one
		for i := range values {
			values[i] = 1
		}
		return values
	case strings.HasSuffix(name, ".bias"):
		return values
	case name == "adapter.null":
		return fill(1)
	case strings.HasPrefix(name, "text."):
		return fill(EmbeddingStd)
	case strings.HasPrefix(name, "unet.") && zeroStart(name):
		return values
	}
	return fill(1 / math.Sqrt(3*float64(graph.Len(shape[1:]))))
}

func zeroStart(name string) bool {
	for _, end := range []string{".conv2.weight", "_attn.out.weight", "unet.conv_out.weight", ".time_scale.weight", "unet.text_pool.weight"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
