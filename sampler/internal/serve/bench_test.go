package serve

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/sampler"
)

// BenchmarkBatch reports the time per image where the images of several
// requests are made side by side. The batches take turns, so that what else the
// machine does slows all of them.
func BenchmarkBatch(b *testing.B) {
	s := samplertest.Shipped(b)
	batches := []int{1, 2, 4}
	took := map[int][]float64{}
	round := func() {
		for _, n := range batches {
			var r sampler.Request
			for i := range n {
				r.Rows = append(r.Rows, sampler.Row{Prompt: []string{"cardiomegaly with pleural effusion", "normal chest x-ray", "atelectasis", "pneumothorax"}[i], Seed: uint64(i)})
			}
			r.Batch = n
			began := time.Now()
			if _, err := s.Sample(b.Context(), r); err != nil {
				b.Fatal(err)
			}
			took[n] = append(took[n], float64(time.Since(began).Milliseconds())/float64(n))
		}
	}
	round() // makes the programs of each batch
	clear(took)
	for b.Loop() {
		round()
	}
	for _, n := range batches {
		slices.Sort(took[n])
		b.ReportMetric(took[n][0], fmt.Sprintf("ms/image-of-%d-least", n))
		b.ReportMetric(took[n][len(took[n])/2], fmt.Sprintf("ms/image-of-%d", n))
	}
}
