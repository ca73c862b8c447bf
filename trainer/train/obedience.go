//go:build libtorch

package train

import (
	"errors"
	"fmt"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

// ErrCollapsed is wrapped by the error of a training whose contexts have become
// the same for every text.
var ErrCollapsed = errors.New("train: the text encoder has collapsed")

// leastSpread is the distance between the contexts of a finding and of its
// denial, as a part of their size, below which a training stops.
const leastSpread = 0.05

// settledAfter is the number of steps after which contexts must lie apart: those
// of an encoder that starts at random need not.
const settledAfter = 500

// spreadTexts are pairs of texts whose contexts must differ.
var spreadTexts = [][]string{
	{"pleural effusion", "no pleural effusion"},
	{"cardiomegaly", "no cardiomegaly"},
	{"pneumothorax", "no pneumothorax"},
	{"pulmonary edema", "no pulmonary edema"},
	{"cardiomegaly", "pneumothorax"},
	{"AP chest x-ray", "PA chest x-ray"},
}

// obedienceTimesteps are those at which the gain by text is measured, as parts
// of T. Findings are decided in the middle, the view above it.
var obedienceTimesteps = []float64{0.45, 0.55, 0.65, 0.75}

// obedienceImages is the number of held-out images that it is measured on.
const obedienceImages = 96

// measureText adds to figures the spread of contexts and, at each timestep t, G(t) = 1 −
// loss with an image's own caption / loss with the caption of another image,
// under the same noise: "gain_t" over all held-out images, and "finding_t" with
// captions swapped within a view alone, where the view cannot help.
func (d *diffusion) measureText(ops *libtorch.Ops, figures map[string]float64) error {
	spread := d.spread(ops)
	figures["spread"] = spread
	if d.step >= settledAfter && !(spread >= leastSpread) {
		return fmt.Errorf("%w: the contexts of a finding and of its denial differ by %.2g of their size, less than %g (pretrain the encoder with 'roentgo-train text-encoder' and give it by --text)", ErrCollapsed, spread, leastSpread)
	}
	images := d.spoken(obedienceImages)
	if len(images) < 2 {
		return nil
	}
	any := swapped(images, func(int) string { return "" }, d.Seed)
	within := swapped(images, func(i int) string { return d.data.Records[i].View }, d.Seed)
	for _, part := range obedienceTimesteps {
		t := int(part * float64(d.schedule.TrainTimesteps))
		own := d.lossAt(ops, images, images, t)
		figures[fmt.Sprintf("gain_%d", t)] = 1 - own/d.lossAt(ops, images, any, t)
		figures[fmt.Sprintf("finding_%d", t)] = 1 - own/d.lossAt(ops, images, within, t)
	}
	return nil
}

// spoken lists up to n held-out images whose captions speak of findings.
func (d *diffusion) spoken(n int) []int {
	var list []int
	for _, i := range d.test {
		if r := d.data.Records[i]; len(list) < n && (r.Report != "" || dataset.Speaks(r)) {
			list = append(list, i)
		}
	}
	return list
}

// swapped gives each image another one of its group, at random.
func swapped(images []int, group func(i int) string, seed uint64) []int {
	members := map[string][]int{} // places in images
	for _, k := range noise.Permutation(len(images), seed, 0, streamShuffle) {
		g := group(images[k])
		members[g] = append(members[g], k)
	}
	other := make([]int, len(images))
	for _, list := range members {
		for j, k := range list {
			other[k] = images[list[(j+1)%len(list)]]
		}
	}
	return other
}

// lossAt is the mean loss of images at timestep t with the captions of others.
func (d *diffusion) lossAt(ops *libtorch.Ops, images, captions []int, t int) float64 {
	var sum float64
	for from := 0; from < len(images); from += evaluationBatch {
		upTo := min(from+evaluationBatch, len(images))
		batch := make([]example, 0, evaluationBatch)
		for k := from; k < upTo; k++ {
			batch = append(batch, example{image: images[k], caption: d.caption(captions[k], 0), timestep: t})
		}
		sum += d.lossOf(ops, batch, 1<<20+t<<10+from) * float64(upTo-from)
	}
	return sum / float64(len(images))
}

// spread is the mean [metric.Spread] of the mean contexts of spreadTexts.
func (d *diffusion) spread(ops *libtorch.Ops) float64 {
	var sum float64
	for _, pair := range spreadTexts {
		sum += metric.Spread(d.meanContext(ops, pair[0]), d.meanContext(ops, pair[1]))
	}
	return sum / float64(len(spreadTexts))
}

// meanContext is the mean over the tokens of a text's context.
func (d *diffusion) meanContext(ops *libtorch.Ops, text string) []float32 {
	defer ops.Free()
	context, _ := d.context(ops, []string{text})
	values, n := context.Values(), d.Model.TextFeatures
	mean := make([]float32, n)
	for i, v := range values {
		mean[i%n] += v / float32(len(values)/n)
	}
	return mean
}
