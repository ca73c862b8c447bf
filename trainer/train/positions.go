//go:build libtorch

package train

import (
	"math"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/runs"
)

// sinusoids is a source of position embeddings to begin from: sines and cosines
// of the position (Vaswani et al. 2017, section 3.5), in which an offset is a
// rotation, so that attention to the word before is soon found. Their root mean
// square is that of the other embeddings.
type sinusoids struct{ cfg model.Config }

const positionTable = "text.embeddings.position_embeddings.weight"

// Has implements Source.
func (sinusoids) Has(name string) bool { return name == positionTable }

// Float32 implements Source.
func (s sinusoids) Float32(string) ([]float32, error) {
	d := s.cfg.TextFeatures
	table := make([]float32, s.cfg.TextPositions*d)
	for at := range table {
		position, i := at/d, at%d
		angle := float64(position) * math.Pow(10000, -float64(i/2*2)/float64(d))
		v := math.Sin(angle)
		if i%2 == 1 {
			v = math.Cos(angle)
		}
		table[at] = float32(runs.EmbeddingStd * math.Sqrt2 * v)
	}
	return table, nil
}
