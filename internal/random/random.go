// Package random makes the parameters and the vocabulary of models that were
// never trained: to test with, and to measure what a trained one of the same
// shapes would take.
package random

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
)

// Values returns the values of the parameter of that name, the same for the
// same name: of a size at which values neither grow nor vanish from layer to
// layer (LeCun et al. 1998), about 1 for the weights of norms.
func Values(name string, shape ...int) []float32 {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	n, fan := 1, 1
	for i, d := range shape {
		n *= d
		if i > 0 {
			fan *= d
		}
	}
	scale, offset := 0.1, 0.0
	switch {
	case strings.HasSuffix(name, "null"), strings.Contains(name, "embeddings"):
		scale = 1
	case len(shape) > 1:
		scale = 1 / math.Sqrt(float64(fan))
	case strings.HasSuffix(name, "weight"), strings.HasSuffix(name, "std"), strings.HasSuffix(name, "scale.bias"):
		offset = 1 // of a norm
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64()*scale + offset)
	}
	return v
}

// Vocabulary is one that spells every English word: n tokens.
func Vocabulary(n int) []string {
	list := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	for c := '!'; c <= '~'; c++ {
		if c < 'A' || c > 'Z' {
			list = append(list, string(c), "##"+string(c))
		}
	}
	list = append(list, "normal", "chest", "effusion", "no", "pleural", "ray")
	for i := len(list); i < n; i++ {
		list = append(list, fmt.Sprintf("[unused%d]", i))
	}
	return list[:n]
}
