//go:build libtorch

package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
)

// ClassifierOptions are those of [TrainClassifier].
type ClassifierOptions struct {
	Common
	Model    model.ClassifierConfig `json:"model"`
	LeaveOut []string               `json:"leave_out,omitempty"` // sources of images
}

// DefaultClassifier is a network of 2 M parameters on images of half the side.
func DefaultClassifier() model.ClassifierConfig {
	return model.ClassifierConfig{ImageSize: 128, Channels: []int{32, 64, 128, 192, 256}, Outputs: len(ClassifierOutputs())}
}

// The outputs of a classifier beside the findings.
const (
	OutputNormal = "No Finding"
	OutputAP     = "AP"
	OutputFemale = "Female"
)

// ClassifierOutputs names what a classifier scores, in order.
func ClassifierOutputs() []string {
	return append(dataset.FindingLabels(), OutputNormal, OutputAP, OutputFemale)
}

// truth reports whether a record has what an output is about. known is false if
// the record does not say.
func truth(r dataset.Record, output string) (has, known bool) {
	switch output {
	case OutputAP:
		return r.View == "AP", r.View == "AP" || r.View == "PA"
	case OutputFemale:
		return r.Sex == "F", r.Sex == "F" || r.Sex == "M"
	}
	return r.Has(output), dataset.Speaks(r)
}

// Truth returns the truth of a record for measuring an output of a classifier.
// It compares images with a finding to images without any, within a view. ok is
// false for images that do not take part.
func Truth(r dataset.Record, output string) (s metric.Scored, ok bool) {
	has, known := truth(r, output)
	s = metric.Scored{Positive: has, Group: r.Patient, Stratum: r.View}
	switch output {
	case OutputAP, OutputFemale, OutputNormal:
		if output == OutputAP {
			s.Stratum = ""
		}
		return s, known
	}
	return s, known && (has || r.Has(OutputNormal))
}

type classifier struct {
	ClassifierOptions
	data        *dataset.Prepared
	train, test []int
	order       *order
	positive    []float32 // weight of a positive, of each output
	ahead       *ahead[classified]
}

// classified is what a forward pass reads.
type classified struct {
	pixels         []float32 // (B, 1, size, size)
	target, weight []float32 // (B, outputs)
}

// TrainClassifier trains a judge of images: which findings an image shows, its
// view and the patient's sex, on training patients alone (binary cross-entropy
// of what each record states), each image through a random [look].
func TrainClassifier(ctx context.Context, data *dataset.Prepared, o ClassifierOptions, progress io.Writer) error {
	if data.Size() != 2*o.Model.ImageSize {
		return fmt.Errorf("%w: the prepared images have %d pixels per side, the classifier takes %d or, halved, images of %d", runs.ErrOptions, data.Size(), o.Model.ImageSize, 2*o.Model.ImageSize)
	}
	if err := o.Model.Validate(); err != nil {
		return err
	}
	// Both are convolutions of images, so the autoencoder is measured instead.
	if err := o.settle(ctx, BenchOptions{Common: Common{Batch: 2}, Model: model.Mini(), VAE: true}, progress); err != nil {
		return err
	}
	list, err := classifierSpecs(o.Model)
	if err != nil {
		return err
	}
	var params *libtorch.Params
	if e := libtorch.Try(func() { params, _, err = newParams(list, nil, o.Seed, true) }); e != nil || err != nil {
		return fmt.Errorf("train: %w", firstError(e, err))
	}
	defer params.Free()
	c := &classifier{ClassifierOptions: o, data: data, train: Used(data, dataset.Train, o.LeaveOut), test: Used(data, dataset.Test, o.LeaveOut)}
	if len(c.train) == 0 || len(c.test) == 0 {
		return fmt.Errorf("%w: %d images to train on and %d to test on; both are needed", runs.ErrOptions, len(c.train), len(c.test))
	}
	c.order = newOrder(c.train, nil, o.Seed)
	c.positive = c.positiveWeights()
	c.ahead = &ahead[classified]{make: c.examples}
	defer c.ahead.stop()
	t := task{kind: "classifier", options: o, data: data.Digest(), loss: c.loss, evaluate: c.evaluate, figure: "test_auc", sign: -1}
	if t.model, err = jsonOf(o.Model); err != nil {
		return err
	}
	return runTask(ctx, o.Common, t, params, progress)
}

func classifierSpecs(c model.ClassifierConfig) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	r.Output("scores", model.Classifier(r, c, r.Input("image", graph.PerLatent, 1, 1, c.ImageSize, c.ImageSize)))
	return specs(r)
}

// mostPositive bounds the weight of a rare positive.
const mostPositive = 5

// positiveWeights is the root of the number of negatives per positive.
func (c *classifier) positiveWeights() []float32 {
	weights := make([]float32, 0, c.Model.Outputs)
	for _, output := range ClassifierOutputs() {
		has, not := 1.0, 1.0
		for _, i := range c.train {
			if yes, known := truth(c.data.Records[i], output); known && yes {
				has++
			} else if known {
				not++
			}
		}
		weights = append(weights, float32(min(math.Sqrt(not/has), mostPositive)))
	}
	return weights
}

func (c *classifier) examples(pass int) (classified, error) {
	size, full := c.Model.ImageSize, c.data.Size()
	in := classified{pixels: make([]float32, c.Batch*size*size)}
	image, changed := make([]float32, full*full), make([]float32, full*full)
	for b := range c.Batch {
		i, _ := c.order.at(pass*c.Batch + b)
		if err := c.data.Image(i, image); err != nil {
			return in, err
		}
		look := drawLook(c.Seed, uint32(pass*c.Batch+b))
		look.Apply(changed, image, full)
		to := in.pixels[b*size*size : (b+1)*size*size]
		copy(to, metric.Shrink(changed, full, size))
		look.apply(to, size)
		level(to)
		for k, output := range ClassifierOutputs() {
			has, known := truth(c.data.Records[i], output)
			in.target = append(in.target, float32(oneIf(has)))
			switch {
			case !known:
				in.weight = append(in.weight, 0)
			case has:
				in.weight = append(in.weight, c.positive[k])
			default:
				in.weight = append(in.weight, 1)
			}
		}
	}
	return in, nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *classifier) loss(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64) {
	in := c.ahead.at(step*c.Accumulate + k)
	size := c.Model.ImageSize
	scores := ops.Float(model.Classifier(ops, c.Model, ops.Tensor(in.pixels, c.Batch, 1, size, size)))
	loss := ops.BinaryCrossEntropy(scores, in.target, in.weight)
	return loss, map[string]float64{"loss": loss.Value()}
}

// leastPositives is how many held-out images a finding needs to count in the
// mean.
const leastPositives = 10

// evaluate measures the mean AUC of findings on held-out patients.
func (c *classifier) evaluate(average *libtorch.Params, _ string) (map[string]float64, error) {
	j := &Judge{config: c.Model, params: average, precision: c.precision()}
	images, err := c.data.Images(c.test)
	if err != nil {
		return nil, err
	}
	scores, err := j.Scores(images)
	if err != nil {
		return nil, err
	}
	figures := map[string]float64{}
	var sum, count float64
	for k, output := range ClassifierOutputs() {
		var list []metric.Scored
		positives := 0
		for n, i := range c.test {
			if s, ok := Truth(c.data.Records[i], output); ok {
				s.Score = scores[n][k]
				list = append(list, s)
				positives += oneIf(s.Positive)
			}
		}
		if auc := metric.AUC(list); !math.IsNaN(auc) {
			figures["auc_"+output] = auc
			if k < len(dataset.FindingLabels()) && positives >= leastPositives {
				sum, count = sum+auc, count+1
			}
		}
	}
	figures["test_auc"] = sum / max(count, 1)
	return figures, nil
}

// Judge is a trained classifier.
type Judge struct {
	config    model.ClassifierConfig
	params    *libtorch.Params
	precision libtorch.Precision
	Hash      string // of the file that it was opened from
}

// Side is the number of pixels per side of the images that it takes.
func (j *Judge) Side() int { return 2 * j.config.ImageSize }

// OpenJudge opens the run of a classifier.
func OpenJudge(path string) (*Judge, error) {
	trained, err := runs.OpenTrained(path)
	if err != nil {
		return nil, err
	}
	defer trained.Close()
	j := &Judge{precision: libtorch.F32}
	if err := json.Unmarshal([]byte(trained.Model), &j.config); err != nil {
		return nil, fmt.Errorf("%w: %s does not state its classifier: %w", runs.ErrCheckpoint, path, err)
	}
	if err := j.config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", runs.ErrCheckpoint, path, err)
	}
	if j.config.Outputs != len(ClassifierOutputs()) {
		return nil, fmt.Errorf("%w: the classifier in %s has %d outputs, %d are known (train it again)", runs.ErrCheckpoint, path, j.config.Outputs, len(ClassifierOutputs()))
	}
	if j.Hash, err = trained.Hash(); err != nil {
		return nil, err
	}
	list, err := classifierSpecs(j.config)
	if err != nil {
		return nil, err
	}
	var lacking []string
	if e := libtorch.Try(func() { j.params, lacking, err = newParams(list, trained, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		return nil, fmt.Errorf("%w: %s lacks %d parameters of a classifier, %q first", runs.ErrCheckpoint, path, len(lacking), lacking[0])
	}
	return j, nil
}

// Scores gives the outputs of [ClassifierOutputs] for images in [−1, 1], each
// of twice the classifier's side, row-major.
func (j *Judge) Scores(images [][]float32) ([][]float64, error) {
	return j.each(images, model.Classifier[libtorch.Tensor])
}

// Features describes images, as [model.ClassifierFeatures] does.
func (j *Judge) Features(images [][]float32) ([][]float64, error) {
	return j.each(images, model.ClassifierFeatures[libtorch.Tensor])
}

// each runs a network on images and returns one row of values per image.
func (j *Judge) each(images [][]float32, network func(model.Ops[libtorch.Tensor], model.ClassifierConfig, libtorch.Tensor) libtorch.Tensor) (list [][]float64, err error) {
	size := j.config.ImageSize
	var unfit error
	err = libtorch.Try(func() {
		libtorch.GradMode(false)
		defer libtorch.GradMode(true)
		ops := libtorch.NewOps(j.params)
		for from := 0; from < len(images); from += evaluationBatch {
			part := images[from:min(from+evaluationBatch, len(images))]
			pixels := make([]float32, len(part)*size*size)
			for b, x := range part {
				to := pixels[b*size*size : (b+1)*size*size]
				copy(to, metric.Shrink(x, 2*size, size))
				level(to)
			}
			var values []float32
			libtorch.Autocast(j.precision, func() {
				values = ops.Float(network(ops, j.config, ops.Tensor(pixels, len(part), 1, size, size))).Values()
			})
			ops.Free()
			n := len(values) / len(part)
			for b := range part {
				row := make([]float64, n)
				for k := range row {
					if row[k] = float64(values[b*n+k]); row[k]-row[k] != 0 && unfit == nil {
						unfit = fmt.Errorf("train: the classifier gives %g for an image", row[k])
					}
				}
				list = append(list, row)
			}
		}
	})
	return list, firstError(err, unfit)
}

// Close frees its memory.
func (j *Judge) Close() { j.params.Free() }
