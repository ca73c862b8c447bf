//go:build libtorch

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// evalOptions are the flags of `eval`.
type evalOptions struct {
	models, vae                   []string
	data, classifier, out, device string
	leaveOut                      []string
	seeds, captions               int
	features, lpips               string
	guidance                      []float64
	steps                         bool
	folder                        string
}

func evalCommand() *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval (--model FILE | --images FOLDER) --data FOLDER --classifier FOLDER --out FOLDER",
		Short: "Measure whether a model obeys its text, and how real, sharp and new its images are",
		Long: `Measure a model. For each finding: how well a classifier separates images of a prompt
with the finding from images of a normal chest, in the same view and with the same
seeds, and how well it does on real images of held-out patients. For all images: their
detail and variety against real ones, and how near they come to training images. Several
values of --guidance are measured one by one. With --vae, or a model file that has an
encoder, reconstructions of held-out images are measured too.

The command also tries texts in other words, denials, two findings at once, and texts
without meaning. With an encoder it measures whether the model predicts training images
better than held-out ones.

The folder gets index.html, a page with all of it; eval.json, findings.csv and sweep.csv
(a line per guidance), sweep.png, spectrum.png, with an encoder reconstructions.png, with
--curve curve.png and curve-images.png; and per guidance pictures: findings-PA and findings-AP (findings by
seeds), differences (what a finding changes on average: generated, real; PA, then AP),
text (a text per row), failures (a kind of failure per row, the worst of 200 images), closest (generated, then nearest training image: the nearest 20 by features, then by pixels),
random (16 seeds of 16 prompts, not picked) and montage (real and generated, shuffled).`,
		Example: "  roentgo-train eval --model model" + weights.Extension + " --data runs/data --classifier runs/classifier --out runs/eval\n" +
			"  roentgo-train eval --images xrays --data runs/data --classifier runs/classifier --out runs/xrays\n" +
			"  roentgo-train eval --model model" + weights.Extension + " --guidance 1,2,3,4,6 --data runs/data --classifier runs/classifier --out runs/sweep",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return misuse{err}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file, once per file")
	f.StringVar(&o.folder, "images", "", "folder of PNG or JPEG images to measure in the place of a model's, whatever made them")
	f.StringArrayVar(&o.vae, "vae", nil, vaeHelp+"; for reconstructions (default: the model's own, where it has an encoder)")
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.classifier, "classifier", "", "folder of the run of a classifier (required)")
	f.StringVar(&o.out, "out", "", "folder for figures and pictures, which must not exist (required)")
	f.IntVar(&o.seeds, "seeds", 32, "images per prompt and view")
	f.IntVar(&o.captions, "captions", 0, "images of captions of held-out images; 0: one per held-out image")
	f.StringVar(&o.features, "features", "", "TorchScript file of a network (B, 1, side, side) to (B, features), for distances (default: the classifier)")
	f.StringVar(&o.lpips, "lpips", "", "TorchScript file of a distance of two batches (B, 1, side, side), such as LPIPS")
	f.Float64SliceVar(&o.guidance, "guidance", nil, "guidance values, with commas between them (default: the model's own)")
	f.BoolVar(&o.steps, "curve", false, "measure every solver and spacing at several numbers of steps as well")
	f.StringArrayVar(&o.leaveOut, "leave-out", nil, leaveOutHelp)
	f.StringVar(&o.device, "sample-on", sampler.CPU, "auto, gpu or cpu")
	for _, name := range []string{"data", "classifier", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// mostSeeds keeps the images of one guidance within some gigabytes.
const mostSeeds = 256

// leastCaptions is how many points a neighbourhood needs.
const leastCaptions = densityNeighbours + 1

func (o evalOptions) validate() error {
	if (len(o.models) > 0) == (o.folder != "") {
		return fmt.Errorf("give either --model or --images")
	}
	if o.seeds < 2 || o.seeds > mostSeeds {
		return fmt.Errorf("--seeds is %d; 2 to %d are possible", o.seeds, mostSeeds)
	}
	if o.captions != 0 && o.captions < leastCaptions {
		return fmt.Errorf("--captions is %d; 0 or at least %d are possible", o.captions, leastCaptions)
	}
	for _, g := range o.guidance {
		if !(g >= 1 && g <= 100) {
			return fmt.Errorf("--guidance is %g; 1 to 100 are possible", g)
		}
	}
	if _, err := os.Stat(o.out); err == nil {
		return fmt.Errorf("%s exists already; remove it or choose another folder", o.out)
	}
	return nil
}

// evaluator holds what an evaluation works with.
type evaluator struct {
	evalOptions
	data        *dataset.Prepared
	judge       *train.Judge
	model       *weights.Model
	sampler     *sampler.Sampler // nil where images of a folder are measured
	test, train []int
	real        [][]float32    // of test
	scores      [][]float64    // of real
	outputs     map[string]int // column of scores
	known       *neighbours    // of train
	spectrum    []float64      // of real
	again       [][]float32    // real, as the autoencoder leaves them; nil without an encoder
	network     *train.Network // of features; nil: the classifier
	perceptual  *train.Network // of distances; or nil
	progress    progress
}

func (o evalOptions) run(ctx context.Context) error {
	e, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	if e.sampler == nil {
		if err := e.reads(); err != nil {
			return err
		}
		return e.evaluate(ctx)
	}
	if err := e.fits(); err != nil {
		return err
	}
	e.counts()
	return e.evaluate(ctx)
}

// open opens all that an evaluation reads. The caller closes it.
func (o evalOptions) open(ctx context.Context) (_ *evaluator, err error) {
	e := &evaluator{evalOptions: o, outputs: map[string]int{}, progress: progress{command: "eval"}}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	for k, output := range train.ClassifierOutputs() {
		e.outputs[output] = k
	}
	if e.data, err = dataset.Open(o.data); err != nil {
		return nil, err
	}
	if e.judge, err = train.OpenJudge(o.classifier); err != nil {
		return nil, err
	}
	if o.features != "" {
		if e.network, err = train.OpenNetwork(o.features); err != nil {
			return nil, fmt.Errorf("--features: %w", err)
		}
	}
	if o.lpips != "" {
		if e.perceptual, err = train.OpenNetwork(o.lpips); err != nil {
			return nil, fmt.Errorf("--lpips: %w", err)
		}
	}
	if o.folder != "" {
		return e, nil
	}
	if e.model, err = weights.Open(o.models...); err != nil {
		return nil, err
	}
	e.sampler, err = sampler.New(ctx, e.model, sampler.Options{Device: o.device})
	return e, err
}

// close closes what is open.
func (e *evaluator) close() {
	if e.data != nil {
		e.data.Close()
	}
	if e.judge != nil {
		e.judge.Close()
	}
	if e.network != nil {
		e.network.Close()
	}
	if e.perceptual != nil {
		e.perceptual.Close()
	}
	if e.sampler != nil {
		e.sampler.Close()
	}
	if e.model != nil {
		e.model.Close()
	}
}

// reads reads the held-out images.
func (e *evaluator) reads() (err error) {
	e.test, e.train = train.Used(e.data, dataset.Test, e.leaveOut), train.Used(e.data, dataset.Train, e.leaveOut)
	if len(e.test) < leastCaptions || len(e.train) < leastCaptions {
		return fmt.Errorf("%w: %s has %d held-out and %d training images; at least %d of each are needed", dataset.ErrPrepared, e.evalOptions.data, len(e.test), len(e.train), leastCaptions)
	}
	if size := e.data.Size(); size != e.judge.Side() {
		return fmt.Errorf("the prepared images have %d pixels per side, the classifier takes %d: these must be equal", size, e.judge.Side())
	}
	if e.real, err = e.data.Images(e.test); err != nil {
		return err
	}
	e.scores, err = e.judge.Scores(e.real)
	return err
}

// fits checks that model, classifier and data belong together, and reads the
// held-out images.
func (e *evaluator) fits() error {
	if size := e.sampler.Description().Model.ImageSize; size != e.data.Size() || size != e.judge.Side() {
		return fmt.Errorf("the model makes images of %d pixels per side, the prepared ones have %d and the classifier takes %d: these must be equal", size, e.data.Size(), e.judge.Side())
	}
	if len(e.guidance) == 0 {
		e.guidance = []float64{e.sampler.Description().Sampling.Guidance}
	}
	return e.reads()
}

// counts adds up the images that an evaluation makes.
func (e *evaluator) counts() {
	e.progress.total = len(e.guidance) * e.seeds * len(evalViews) * (1 + len(dataset.FindingLabels()))
	e.progress.total += len(e.guidance) * (len(e.captioned()) + e.seeds*probeTexts() + failureImages + e.groupImages())
	if e.steps {
		e.progress.total += e.curveImages()
	}
}

// evaluate measures at each guidance, and writes what it has after each.
func (e *evaluator) evaluate(ctx context.Context) error {
	if err := os.MkdirAll(e.out, 0o755); err != nil {
		return err
	}
	e.spectrum = metric.Spectrum(e.real, e.data.Size())
	v := evaluation{Command: strings.Join(append([]string{"roentgo-train"}, os.Args[1:]...), " "), Classifier: e.judge.Hash, Seeds: e.seeds,
		size: e.data.Size(), several: len(e.guidance) > 1, real: e.spectrum}
	if e.folder == "" {
		v.Model, v.Unknown = e.sampler.ModelHash(), e.unknownWords()
	}
	vae, err := e.autoencoder()
	if err != nil {
		return err
	}
	if vae != nil {
		defer vae.Close()
		if v.Reconstructed, err = e.reconstructed(ctx, vae); err != nil {
			return err
		}
	}
	if e.known, err = e.trainingNeighbours(ctx); err != nil {
		return err
	}
	r, err := e.newReference()
	if err != nil {
		return err
	}
	v.Distances = &distances{Network: r.name, Hash: e.networkHash(), Reference: len(r.points)}
	if v.Distances.Rows, err = e.scale(r); err != nil {
		return err
	}
	if v.Paired, err = e.pairedScale(); err != nil {
		return err
	}
	if e.folder != "" {
		return e.evaluateFolder(ctx, &v, r)
	}
	if vae != nil {
		if v.Membership, err = e.attack(ctx, vae); err != nil {
			return err
		}
	}
	if e.steps {
		if v.Curve, err = e.curve(ctx); err != nil {
			return err
		}
	}
	for _, g := range e.guidance {
		r, err := e.at(ctx, g, r)
		if err != nil {
			return err
		}
		v.Results = append(v.Results, r)
		if err := v.write(e.out); err != nil {
			return err
		}
		fmt.Fprint(stdout, r.summary())
	}
	return nil
}

// unknownWords are the words of the prompts that the model was not trained on.
func (e *evaluator) unknownWords() []string {
	var prompts []string
	for _, view := range evalViews {
		for _, finding := range evalFindings() {
			prompts = append(prompts, promptOf(view, finding))
		}
	}
	return e.sampler.UnknownWords(strings.Join(prompts, ". "))
}

// networkHash is that of the file of the network whose features are compared.
func (e *evaluator) networkHash() string {
	if e.network != nil {
		return e.network.Hash
	}
	return e.judge.Hash
}

// fromCaptions measures images of the captions of held-out images.
func (e *evaluator) fromCaptions(ctx context.Context, r *result, ref *reference) error {
	list, err := e.sampleCaptions(ctx, r.Guidance)
	if err != nil {
		return err
	}
	scores, err := e.judge.Scores(list)
	if err != nil {
		return err
	}
	r.Agreement = e.agree(scores)
	if r.Paired, err = e.pairedRow(nameMade, list); err != nil {
		return err
	}
	r.Distance, err = ref.row(nameMade, list, e.patients(pickInts(e.test, e.captioned())))
	return err
}

// at measures at one guidance and draws its pictures.
func (e *evaluator) at(ctx context.Context, guidance float64, ref *reference) (*result, error) {
	s, err := e.sampleAll(ctx, guidance)
	if err != nil {
		return nil, err
	}
	r := &result{Guidance: guidance}
	e.obey(r, s)
	e.measure(r, s)
	if err := e.fromCaptions(ctx, r, ref); err != nil {
		return nil, err
	}
	if err := e.probe(ctx, r, s); err != nil {
		return nil, err
	}
	closest, err := e.nearest(ctx, r, s)
	if err != nil {
		return nil, err
	}
	if err := e.groups(ctx, r, s); err != nil {
		return nil, err
	}
	if err := e.failed(ctx, r, s); err != nil {
		return nil, err
	}
	return r, errors.Join(e.pictures(ctx, r, s), e.drawClosest(s, closest))
}
