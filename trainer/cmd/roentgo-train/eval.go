//go:build libtorch

package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/noise"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// obedience is how well a classifier recognises a finding: in real images of
// held-out patients, and in images of prompts that ask for it, each against
// images without any finding in the same view.
type obedience struct {
	Finding       string     `json:"finding"`
	Real          interval   `json:"real_auc"`
	RealPositives int        `json:"real_positives"`
	Made          interval   `json:"generated_auc"`
	ByView        [2]float64 `json:"generated_auc_pa_ap"`
	// Change is the mean distance between the image with the finding and that
	// without, of one seed, where the grey range is 1.
	Change float64 `json:"change"`
}

type interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"` // of 95 %, by bootstrap over patients or seeds
	High  float64 `json:"high"`
}

// evaluation is what `eval` writes to eval.json.
type evaluation struct {
	Model      string      `json:"model_sha256"`
	Seeds      int         `json:"seeds"` // per prompt and view
	Guidance   float64     `json:"guidance"`
	Findings   []obedience `json:"findings"`
	Detail     float64     `json:"detail"`      // power above a quarter of Nyquist, as a part of that of real images
	SeedSpread float64     `json:"seed_spread"` // distance between images of one prompt, as a part of that between real images of one view
	Nearest    nearest     `json:"nearest"`
	MontageKey string      `json:"montage_key"` // R or G per picture of montage.png, row by row
}

// nearest compares the distance of generated images from their nearest training
// image with that of held-out images.
type nearest struct {
	Pixels   float64 `json:"pixels_below_first_percentile"` // share of generated images nearer than 99 of 100 held-out ones
	Features float64 `json:"features_below_first_percentile"`
}

// evalOptions are the flags of `eval`.
type evalOptions struct {
	models                        []string
	data, classifier, out, device string
	leaveOut                      []string
	seeds                         int
	guidance                      float64
}

func evalCommand() *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval --model FILE --data FOLDER --classifier FOLDER --out FOLDER",
		Short: "Measure whether a model obeys its text, and how real, sharp and new its images are",
		Long: `Measure a model: for each finding, how well a classifier tells images of a prompt
with the finding from images of a normal chest, in the same view and with the same
seeds, beside what it reaches on real images of held-out patients; the detail and
the variety of images against real ones; and how near they come to training images.
The folder gets eval.json, findings.csv, findings.png (findings by seeds), random.png
(16 seeds), montage.png (real and generated, shuffled).`,
		Example: "  roentgo-train eval --model model" + weights.Extension + " --data runs/data --classifier runs/classifier --out runs/eval",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.seeds < 2 {
				return misuse{fmt.Errorf("--seeds is %d; at least 2 are needed", o.seeds)}
			}
			if _, err := os.Stat(o.out); err == nil {
				return misuse{fmt.Errorf("%s exists already; remove it or choose another folder", o.out)}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file, once per file (required)")
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.classifier, "classifier", "", "folder of the run of a classifier (required)")
	f.StringVar(&o.out, "out", "", "folder for figures and pictures, which must not exist (required)")
	f.IntVar(&o.seeds, "seeds", 16, "images per prompt and view")
	f.Float64Var(&o.guidance, "guidance", 0, "guidance (default: the model's own)")
	f.StringArrayVar(&o.leaveOut, "leave-out", nil, leaveOutHelp)
	f.StringVar(&o.device, "sample-on", sampler.Auto, "auto, gpu or cpu")
	for _, name := range []string{"model", "data", "classifier", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// evaluator holds what an evaluation works with.
type evaluator struct {
	evalOptions
	data        *dataset.Prepared
	judge       *train.Judge
	sampler     *sampler.Sampler
	test, train []int
	real        [][]float32    // of test
	scores      [][]float64    // of real
	outputs     map[string]int // column of scores
}

func (o evalOptions) run(ctx context.Context) error {
	e := &evaluator{evalOptions: o, outputs: map[string]int{}}
	for k, output := range train.ClassifierOutputs() {
		e.outputs[output] = k
	}
	var err error
	if e.data, err = dataset.Open(o.data); err != nil {
		return err
	}
	defer e.data.Close()
	if e.judge, err = train.OpenJudge(o.classifier); err != nil {
		return err
	}
	defer e.judge.Close()
	m, err := weights.Open(o.models...)
	if err != nil {
		return err
	}
	defer m.Close()
	if e.sampler, err = sampler.New(ctx, m, sampler.Options{Device: o.device}); err != nil {
		return err
	}
	defer e.sampler.Close()
	e.test, e.train = train.Used(e.data, dataset.Test, o.leaveOut), train.Used(e.data, dataset.Train, o.leaveOut)
	if len(e.test) == 0 || len(e.train) == 0 {
		return fmt.Errorf("%w: %s has %d held-out and %d training images; both are needed", dataset.ErrPrepared, o.data, len(e.test), len(e.train))
	}
	e.real = e.images(e.test)
	if e.scores, err = e.judge.Scores(e.real); err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	return e.evaluate(ctx)
}

// images reads images of the data.
func (e *evaluator) images(indices []int) [][]float32 {
	list := make([][]float32, len(indices))
	for k, i := range indices {
		list[k] = make([]float32, e.data.Size()*e.data.Size())
		e.data.Image(i, list[k])
	}
	return list
}

// gridFindings are the rows of findings.png.
var gridFindings = []string{"", "Effusion", "Cardiomegaly", "Pneumothorax", "Edema", "Consolidation", "Infiltration", "Atelectasis", "Mass"}

// gridColumns is the number of seeds in findings.png.
const gridColumns = 6

func (e *evaluator) evaluate(ctx context.Context) error {
	v := evaluation{Model: e.sampler.ModelHash(), Seeds: e.seeds, Guidance: e.guidance}
	if v.Guidance == 0 {
		v.Guidance = e.sampler.Description().Sampling.Guidance
	}
	// Of each view, then finding: the images of all seeds. "" is a normal chest.
	made := map[string]map[string][][]float32{}
	scores := map[string]map[string][][]float64{}
	var all [][]float32
	findings := append([]string{""}, dataset.FindingLabels()...)
	for _, view := range evalViews {
		made[view], scores[view] = map[string][][]float32{}, map[string][][]float64{}
		for _, finding := range findings {
			list, err := e.sample(ctx, promptOf(view, finding))
			if err != nil {
				return err
			}
			made[view][finding] = list
			if scores[view][finding], err = e.judge.Scores(list); err != nil {
				return err
			}
			all = append(all, list...)
		}
	}
	for _, finding := range findings[1:] {
		v.Findings = append(v.Findings, e.obeyed(finding, made, scores))
	}
	v.Findings = append(v.Findings, e.obeyedView(made, scores))
	size := e.data.Size()
	v.Detail = metric.Detail(metric.Spectrum(all, size), metric.Spectrum(e.real, size))
	v.SeedSpread = e.spread(made)
	var err error
	if v.Nearest, err = e.nearest(all); err != nil {
		return err
	}
	if err := e.pictures(ctx, made); err != nil {
		return err
	}
	if v.MontageKey, err = montage(filepath.Join(e.out, "montage.png"), e.real, all, size); err != nil {
		return err
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	return errors.Join(os.WriteFile(filepath.Join(e.out, "eval.json"), append(text, '\n'), 0o644), v.table(filepath.Join(e.out, "findings.csv")))
}

// sample makes the images of a prompt, seeds from 0.
func (e *evaluator) sample(ctx context.Context, prompt string) ([][]float32, error) {
	var list [][]float32
	for img, err := range e.sampler.Images(ctx, sampler.Request{Prompt: prompt, Count: e.seeds, Guidance: e.guidance}) {
		if err != nil {
			return nil, err
		}
		for i, v := range img.Pix {
			img.Pix[i] = min(max(v, -1), 1)
		}
		list = append(list, img.Pix)
	}
	fmt.Fprintf(os.Stderr, "eval: %q, %d images\n", prompt, len(list))
	return list, nil
}

const (
	resamples     = 1000
	bootstrapSeed = 1
)

func withInterval(list []metric.Scored) interval {
	low, high := metric.Bootstrap(list, resamples, bootstrapSeed, metric.AUC)
	return interval{metric.AUC(list), low, high}
}

// onReal measures the classifier on held-out images.
func (e *evaluator) onReal(output string) (interval, int) {
	var list []metric.Scored
	positives := 0
	for n, i := range e.test {
		if s, ok := train.Truth(e.data.Records[i], output); ok {
			s.Score = e.scores[n][e.outputs[output]]
			list = append(list, s)
			if s.Positive {
				positives++
			}
		}
	}
	return withInterval(list), positives
}

func (e *evaluator) obeyed(finding string, made map[string]map[string][][]float32, scores map[string]map[string][][]float64) obedience {
	o := obedience{Finding: finding}
	o.Real, o.RealPositives = e.onReal(finding)
	var list []metric.Scored
	for n, view := range evalViews {
		var part []metric.Scored
		for _, positive := range []bool{false, true} {
			of := ""
			if positive {
				of = finding
			}
			for seed, s := range scores[view][of] {
				part = append(part, metric.Scored{Score: s[e.outputs[finding]], Positive: positive, Stratum: view, Group: strconv.Itoa(seed)})
			}
		}
		o.ByView[n] = metric.AUC(part)
		list = append(list, part...)
		for seed, x := range made[view][finding] {
			o.Change += metric.Distance(x, made[view][""][seed]) / 2 / float64(len(evalViews)*e.seeds)
		}
	}
	o.Made = withInterval(list)
	return o
}

// obeyedView is the same of AP against PA, over normal chests.
func (e *evaluator) obeyedView(made map[string]map[string][][]float32, scores map[string]map[string][][]float64) obedience {
	o := obedience{Finding: train.OutputAP, ByView: [2]float64{math.NaN(), math.NaN()}}
	o.Real, o.RealPositives = e.onReal(train.OutputAP)
	var list []metric.Scored
	for _, view := range evalViews {
		for seed, s := range scores[view][""] {
			list = append(list, metric.Scored{Score: s[e.outputs[train.OutputAP]], Positive: view == "AP", Group: strconv.Itoa(seed)})
		}
	}
	for seed, x := range made["AP"][""] {
		o.Change += metric.Distance(x, made["PA"][""][seed]) / 2 / float64(e.seeds)
	}
	o.Made, o.ByView = withInterval(list), [2]float64{}
	return o
}

// spread is the distance between images of one prompt, as a part of that
// between real normal images of the same view.
func (e *evaluator) spread(made map[string]map[string][][]float32) float64 {
	const most = 48
	var sum float64
	for _, view := range evalViews {
		var real [][]float32
		for n, i := range e.test {
			if r := e.data.Records[i]; r.View == view && r.Has("No Finding") && len(real) < most {
				real = append(real, e.real[n])
			}
		}
		if len(real) < 2 {
			return math.NaN()
		}
		sum += metric.MeanDistance(made[view][""]) / metric.MeanDistance(real) / float64(len(evalViews))
	}
	return sum
}

// nearest measures how near images come to training images, in pixels and in
// the classifier's features.
func (e *evaluator) nearest(all [][]float32) (n nearest, err error) {
	const chunk = 256
	features := func(list [][]float32) [][]float64 {
		f, e2 := e.judge.Features(list)
		err = errors.Join(err, e2)
		return f
	}
	small := func(list [][]float32) [][]float64 {
		out := make([][]float64, len(list))
		for i, x := range list {
			out[i] = metric.Thumbnail(x, e.data.Size(), 32)
		}
		return out
	}
	var trainFeatures, trainSmall [][]float64
	for part := range slices.Chunk(e.train, chunk) {
		list := e.images(part)
		trainFeatures, trainSmall = append(trainFeatures, features(list)...), append(trainSmall, small(list)...)
	}
	madeFeatures, realFeatures := features(all), features(e.real)
	if err != nil {
		return n, err
	}
	n.Features = metric.BelowPercentile(metric.Nearest(madeFeatures, trainFeatures), metric.Nearest(realFeatures, trainFeatures), 0.01)
	n.Pixels = metric.BelowPercentile(metric.Nearest(small(all), trainSmall), metric.Nearest(small(e.real), trainSmall), 0.01)
	return n, nil
}

// pictures draws findings by seeds, once for each view, and 16 seeds of random
// prompts.
func (e *evaluator) pictures(ctx context.Context, made map[string]map[string][][]float32) error {
	size := e.data.Size()
	for _, view := range evalViews {
		var list []*image.Gray
		for _, finding := range gridFindings {
			for k := range min(gridColumns, e.seeds) {
				list = append(list, train.Gray(made[view][finding][k], size))
			}
		}
		if err := train.WriteGrid(filepath.Join(e.out, "findings-"+view+".png"), list, min(gridColumns, e.seeds)); err != nil {
			return err
		}
	}
	var list []*image.Gray
	for k := range 16 {
		seed := uint64(noise.Uint32(1, uint32(k), 0, noise.StreamTraining))
		finding := gridFindings[k%len(gridFindings)]
		r, err := e.sampler.Sample(ctx, sampler.Request{Prompt: promptOf(evalViews[k/2%2], finding), Seed: seed, Guidance: e.guidance})
		if err != nil {
			return err
		}
		list = append(list, train.Gray(r.Images[0].Pix, size))
	}
	return train.WriteGrid(filepath.Join(e.out, "random.png"), list, 4)
}

// table writes the findings as a CSV.
func (v evaluation) table(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }
	w.Write([]string{"finding", "real_positives", "real_auc", "real_low", "real_high", "generated_auc", "generated_low", "generated_high", "generated_pa", "generated_ap", "change"})
	for _, o := range v.Findings {
		w.Write([]string{o.Finding, strconv.Itoa(o.RealPositives), number(o.Real.Value), number(o.Real.Low), number(o.Real.High),
			number(o.Made.Value), number(o.Made.Low), number(o.Made.High), number(o.ByView[0]), number(o.ByView[1]), number(o.Change)})
	}
	w.Flush()
	return errors.Join(w.Error(), f.Close())
}

const montageEach = 8

// montage lays real and generated images out in a random order and returns it.
func montage(path string, real, generated [][]float32, size int) (string, error) {
	n := min(montageEach, len(real), len(generated))
	var images []*image.Gray
	key := ""
	for _, k := range noise.Permutation(2*n, 1, 0, noise.StreamTraining) {
		x, letter := real, "R"
		if k >= n {
			x, letter = generated, "G"
		}
		images = append(images, train.Gray(x[k%n*(len(x)/n)], size))
		key += letter
	}
	return key, train.WriteGrid(path, images, 4)
}
