//go:build libtorch

package train

import (
	"math"
	"slices"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/trainer/dataset"
)

// The bounds of how often an image is shown, against the mean.
const (
	mostOften      = 4.0
	viewCorrection = 2.0 // at most, either way
	targetShare    = 0.2 // of all images: what a finding is brought towards
)

// balanced returns how often each image of records[indices] is shown, against
// the mean of 1. Rare findings are shown more often, by the square root of what
// they lack to a fifth of all images; a finding that is mostly seen in one view
// is shown more often in the other, so that "edema" does not come to mean "AP".
// An image with several findings takes the largest of their weights.
func balanced(records []dataset.Record, indices []int) []float64 {
	type seen struct{ label, view string }
	count := map[seen]int{}
	for _, i := range indices {
		for _, label := range records[i].Labels {
			count[seen{label, ""}]++
			count[seen{label, records[i].View}]++
		}
	}
	weights := make([]float64, len(indices))
	var sum float64
	for k, i := range indices {
		for _, label := range records[i].Labels {
			all, here := float64(count[seen{label, ""}]), float64(count[seen{label, records[i].View}])
			view := math.Sqrt(all / (2 * here))
			view = min(max(view, 1/viewCorrection), viewCorrection)
			weights[k] = max(weights[k], min(mostOften, view*math.Sqrt(targetShare*float64(len(indices))/all)))
		}
		if weights[k] == 0 {
			weights[k] = 1
		}
		sum += weights[k]
	}
	for k := range weights {
		weights[k] *= float64(len(weights)) / sum
	}
	return weights
}

// order says which image is sample i of a run. Each epoch shows as many images
// as there are, in a random order. With weights, an image is shown as often in
// an epoch as its weight says, rounded up or down at random (systematic
// resampling); without, once.
type order struct {
	indices []int
	weights []float64 // of indices, their mean 1; or nil
	seed    uint64
	epoch   int
	list    []int // of the epoch
}

func newOrder(indices []int, weights []float64, seed uint64) *order {
	return &order{indices: indices, weights: weights, seed: seed, epoch: -1}
}

// at returns the index of an image and the epoch of sample i.
func (o *order) at(i int) (index, epoch int) {
	n := len(o.indices)
	if epoch = i / n; epoch != o.epoch {
		o.epoch, o.list = epoch, o.shown(epoch)
	}
	return o.list[i%n], epoch
}

// shown lists the images of an epoch.
func (o *order) shown(epoch int) []int {
	n := len(o.indices)
	drawn := slices.Clone(o.indices)
	if o.weights != nil {
		at := float64(noise.Uint32(o.seed, 0, uint32(epoch), streamBalance)) / (1 << 32)
		k, upTo := 0, o.weights[0]
		for j := range drawn {
			for upTo <= at+float64(j) && k < n-1 {
				k++
				upTo += o.weights[k]
			}
			drawn[j] = o.indices[k]
		}
	}
	list := make([]int, n)
	for i, j := range noise.Permutation(n, o.seed, uint32(epoch), streamOrder) {
		list[i] = drawn[j]
	}
	return list
}
