//go:build libtorch

package train

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// DiffusionOptions are those of [Diffusion].
type DiffusionOptions struct {
	Common
	Model    model.Config    `json:"model"` // TextVocab is set from Vocab
	Schedule schedule.Config `json:"schedule"`
	Null     float64         `json:"null"` // part of the captions that become the null condition
	// ViewAlone is the part of the captions that state the view alone, so that a
	// sampler can guide away from all images of a view, and not towards the view.
	ViewAlone float64 `json:"view_alone"`
	// Balance shows images with rare findings more often, and those of a finding
	// in its rarer view.
	Balance bool `json:"balance"`
	// Versions is how many versions of a training image there are, the image as
	// it is counted; the others are slightly zoomed, shifted, turned, brighter
	// or darker. An image is shown as it is every second time.
	Versions int `json:"versions"`
	// LeaveOut are the sources of images that are neither trained nor tested on.
	LeaveOut []string         `json:"leave_out,omitempty"`
	Vocab    []string         `json:"-"`
	Text     *bert.Encoder    `json:"-"` // frozen; nil: the text encoder is trained with the rest
	VAE      runs.Autoencoder `json:"-"`
	Init     runs.Source      `json:"-"` // weights to begin from, where it has them; or nil
	Prompts  []string         `json:"-"` // rows of the sample grid
}

// DefaultPrompts are the rows of the sample grid of a training with text.
var DefaultPrompts = []string{
	"PA chest x-ray, normal", "PA chest x-ray showing pleural effusion", "PA chest x-ray showing cardiomegaly",
	"PA chest x-ray showing pneumothorax", "PA chest x-ray showing atelectasis", "PA chest x-ray showing infiltrates",
	"AP chest x-ray, normal", "AP chest x-ray showing pulmonary edema",
}

// GridSeeds is the number of columns of a sample grid: seeds from 0.
const GridSeeds = 4

// Diffusion trains U-Net, text encoder and adapter on the latents of a frozen
// autoencoder (Rombach et al. 2022).
func Diffusion(ctx context.Context, data *dataset.Prepared, o DiffusionOptions, progress io.Writer) error {
	return diffuse(ctx, data, o, nil, progress)
}

// diffuse trains on images or, where there is one, by a teacher.
func diffuse(ctx context.Context, data *dataset.Prepared, o DiffusionOptions, by *DistillOptions, progress io.Writer) error {
	if o = o.withEncoder(); o.Model.HasText() {
		o.Model.TextVocab = len(o.Vocab)
	}
	if err := o.Model.Validate(); err != nil {
		return err
	}
	if data.Size() != o.Model.ImageSize {
		return fmt.Errorf("%w: the prepared images have %d pixels per side, the model %d", runs.ErrOptions, data.Size(), o.Model.ImageSize)
	}
	if o.Versions < 0 || o.Versions > maxVersions {
		return fmt.Errorf("%w: %d versions of an image are not 0 to %d", runs.ErrOptions, o.Versions, maxVersions)
	}
	if !(o.Null >= 0 && o.ViewAlone >= 0 && o.Null+o.ViewAlone <= 1) {
		return fmt.Errorf("%w: of the captions, %g for the null condition and %g for the view alone are not in [0, 1]", runs.ErrOptions, o.Null, o.ViewAlone)
	}
	sched, err := schedule.New(o.Schedule)
	if err != nil {
		return err
	}
	var tokens *prompt.Tokenizer
	if o.Model.HasText() {
		if tokens, err = prompt.New(o.Vocab, o.Model.Lowercase, o.Model.Tokens); err != nil {
			return err
		}
	} else {
		o.Prompts = []string{""}
	}
	train, test := Used(data, dataset.Train, o.LeaveOut), Used(data, dataset.Test, o.LeaveOut)
	if len(train) == 0 || len(test) == 0 {
		return fmt.Errorf("%w: the prepared data has %d images to train on and %d to test on, without the sources %q; both are needed", runs.ErrOptions, len(train), len(test), o.LeaveOut)
	}
	if err := o.settle(ctx, BenchOptions{Model: o.Model, Tokens: benchTokens}, progress); err != nil {
		return err
	}
	l, err := o.latents(ctx, data, train, progress)
	if err != nil {
		return err
	}
	var states *textStates
	if o.Text != nil {
		if states, err = newTextStates(o.Model, tokens, o.Text); err != nil {
			return err
		}
		defer states.params.Free()
		texts, whole := fixedTexts(data)
		if err := states.all(ctx, slices.Concat(texts, viewTexts(data), o.Prompts, slices.Concat(spreadTexts...)), whole, progress); err != nil {
			return err
		}
	}
	specs, err := diffusionSpecs(o.Model, o.Text != nil)
	if err != nil {
		return err
	}
	var params *libtorch.Params
	var lacking []string
	if e := libtorch.Try(func() { params, lacking, err = newParams(specs, o.Init, o.Seed, true) }); e != nil || err != nil {
		return fmt.Errorf("train: %w", firstError(e, err))
	}
	defer params.Free()
	sayLacking(progress, "diffusion", o.Init, lacking)
	var weights []float64
	if o.Balance {
		weights = balanced(data.Records, train)
	}
	d := &diffusion{DiffusionOptions: o, data: data, schedule: sched, tokens: tokens, states: states, latents: l,
		test: test, order: newOrder(train, weights, o.Seed), grids: trainingGrids}
	d.timestep = func(u float64) int { return timestepAt(u, sched.TrainTimesteps) }
	d.ahead = &ahead[inputs]{make: func(pass int) (inputs, error) { return d.examples(pass), nil }}
	defer d.ahead.stop()
	t := task{kind: "diffusion", options: o, data: data.Digest(), initial: o.Init, loss: d.loss, evaluate: d.evaluate, figure: "test_loss", sign: 1}
	if t.model, err = jsonOf(o.Model); err != nil {
		return err
	}
	if t.schedule, err = jsonOf(o.Schedule); err != nil {
		return err
	}
	if by != nil {
		s, err := d.distilled(*by, specs)
		if err != nil {
			return err
		}
		defer s.teacher.Free()
		t.options, t.evaluate, t.figure = by, s.evaluate, teacherFigure
	}
	if err := runs.WriteTexts(o.Run, o.Vocab, captionWords(data), o.Text); err != nil {
		return err
	}
	return runTask(ctx, o.Common, t, params, progress)
}

// benchTokens is about what a caption has.
const benchTokens = 64

// maxVersions bounds the memory of latents.
const maxVersions = 16

// Used lists the images of a part of the data whose sources are not left out.
func Used(data *dataset.Prepared, part string, leaveOut []string) []int {
	return slices.DeleteFunc(data.Split(part), func(i int) bool {
		return slices.Contains(leaveOut, data.Records[i].Source)
	})
}

type diffusion struct {
	DiffusionOptions
	data     *dataset.Prepared
	schedule *schedule.Schedule
	tokens   *prompt.Tokenizer
	states   *textStates // of a frozen encoder; else nil
	latents  *runs.Latents
	test     []int // images of held-out patients
	order    *order
	ahead    *ahead[inputs]
	timestep func(u float64) int // of a uniform u in [0, 1)
	// teach gives the targets of a batch in the place of the images'; or nil.
	teach func(in inputs) []float32
	grids gridSampling
	step  int // the last that was taken
}

// example is one training example on its way into a batch.
type example struct {
	image    int // index in the data
	version  int // of the image
	caption  string
	timestep int
	eps      []float32
}

func (d *diffusion) loss(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64) {
	d.step = step
	loss := d.forward(ops, d.ahead.at(step*d.Accumulate+k))
	return loss, map[string]float64{"loss": loss.Value()}
}

// examples are those of a forward pass: a function of the seed and the pass.
func (d *diffusion) examples(pass int) inputs {
	eps := make([]float32, d.Batch*d.Model.LatentLen())
	noise.Latent(eps, d.Seed, uint32(pass), streamNoise)
	batch := make([]example, d.Batch)
	for b := range batch {
		i, epoch := d.order.at(pass*d.Batch + b)
		e := example{image: i, eps: eps[b*d.Model.LatentLen() : (b+1)*d.Model.LatentLen()]}
		draw := func(stream uint32) float64 {
			return float64(noise.Uint32(d.Seed, uint32(b), uint32(pass), stream)) / (1 << 32)
		}
		// One timestep from each of Batch equal parts of the distribution: the
		// same distribution, with less variance.
		e.timestep = d.timestep((float64(b) + draw(streamTimestep)) / float64(d.Batch))
		switch u := draw(streamNull); {
		case u < d.Null: // no caption
		case u < d.Null+d.ViewAlone && d.Model.HasText():
			e.caption = prompt.OfView(d.data.Records[i].View)
		default:
			e.caption = d.caption(i, epoch)
		}
		if u := draw(streamVersion); d.Versions > 1 && u >= 0.5 {
			e.version = 1 + int((2*u-1)*float64(d.Versions-1))
		}
		batch[b] = e
	}
	return d.inputs(batch)
}

// caption is the text of an image in an epoch; none in a model without text.
func (d *diffusion) caption(image, epoch int) string {
	if !d.Model.HasText() {
		return ""
	}
	return dataset.Caption(d.data.Records[image], d.Seed, image, epoch)
}

// inputs are what a forward pass reads.
type inputs struct {
	x, target     []float32 // (B, C, s, s)
	times, weight []float32 // (B)
	captions      []string
}

func (d *diffusion) inputs(batch []example) inputs {
	n := d.Model.LatentLen()
	in := inputs{make([]float32, len(batch)*n), make([]float32, len(batch)*n), make([]float32, len(batch)), make([]float32, len(batch)), make([]string, len(batch))}
	for b, e := range batch {
		at := (e.version*len(d.data.Records) + e.image) * n
		x0 := d.latents.Values[at : at+n]
		d.schedule.Noise(in.x[b*n:(b+1)*n], x0, e.eps, e.timestep)
		d.schedule.Target(in.target[b*n:(b+1)*n], x0, e.eps, e.timestep)
		in.times[b], in.weight[b] = float32(e.timestep), float32(d.schedule.LossWeight(e.timestep))
		in.captions[b] = e.caption
	}
	return in
}

// forward is the weighted mean squared error of a batch.
func (d *diffusion) forward(ops *libtorch.Ops, in inputs) libtorch.Tensor {
	if d.teach != nil {
		in.target = d.teach(in)
	}
	b, c, s := len(in.captions), d.Model.LatentChannels, d.Model.LatentSize()
	context, mask := d.context(ops, in.captions)
	y := ops.Float(model.UNet(ops, d.Model, ops.Tensor(in.x, b, c, s, s), ops.Tensor(in.times, b), context, mask))
	delta := ops.Sub(y, ops.Tensor(in.target, b, c, s, s))
	return ops.Mean(ops.Mul(ops.Mul(delta, delta), ops.Tensor(in.weight, b, 1, 1, 1)))
}

// context encodes captions; an empty one is the null condition.
func (d *diffusion) context(ops *libtorch.Ops, captions []string) (context, mask libtorch.Tensor) {
	null := make([]float32, len(captions))
	for b, text := range captions {
		if text == "" {
			null[b] = 1
		}
	}
	isNull := ops.Tensor(null, len(captions), 1, 1)
	var of libtorch.Tensor
	switch {
	case !d.Model.HasText():
		// As many contexts as latents: the product broadcasts.
		return ops.Mul(isNull, model.NullContext(ops, d.Model)), ops.Reshape(isNull, len(captions), 1)
	case d.states != nil:
		hidden, attend := d.states.batch(ops, captions)
		of, mask = ops.Float(model.Adapter(ops, hidden)), attend
	default:
		of, mask = d.encode(ops, captions)
	}
	isText := ops.Shift(ops.Scale(isNull, -1), 1)
	return ops.Add(ops.Mul(of, isText), ops.Mul(isNull, model.NullContext(ops, d.Model))), mask
}

// encode runs the text encoder that is being trained.
func (d *diffusion) encode(ops *libtorch.Ops, captions []string) (context, mask libtorch.Tensor) {
	encoded := make([][]int32, len(captions))
	longest := 1
	for b, text := range captions {
		ids, err := d.tokens.Encode(text, true)
		if err != nil {
			panic(err) // captions are our own, and short
		}
		encoded[b] = ids
		longest = max(longest, len(ids))
	}
	ids, positions := make([]float32, len(captions)*longest), make([]float32, longest)
	attend := make([]float32, len(captions)*longest)
	for i := range positions {
		positions[i] = float32(i)
	}
	for b, e := range encoded {
		if len(e) == 0 {
			attend[b*longest] = 1 // the null condition is one token
		}
		for i, id := range e {
			ids[b*longest+i], attend[b*longest+i] = float32(id), 1
		}
	}
	mask = ops.Tensor(attend, len(captions), longest)
	context = ops.Float(model.TextEncoder(ops, d.Model, ops.Tensor(ids, len(captions), longest),
		ops.Tensor(positions, 1, longest), ops.Tensor(make([]float32, longest), 1, longest), mask))
	return context, mask
}

// evaluationBatch is the batch of evaluations and sample grids.
const evaluationBatch = 16

// evaluate measures the loss of the test images at fixed noise, timesteps and
// captions, how much the text matters, and samples a grid.
func (d *diffusion) evaluate(average *libtorch.Params, grid string) (map[string]float64, error) {
	var sum float64
	ops := libtorch.NewOps(average)
	for i := 0; i < len(d.test); i += evaluationBatch {
		part := d.test[i:min(i+evaluationBatch, len(d.test))]
		batch := make([]example, len(part))
		for b, index := range part {
			batch[b] = example{image: index, caption: d.caption(index, 0), timestep: (i + b) * 397 % d.schedule.TrainTimesteps}
		}
		sum += d.lossOf(ops, batch, i) * float64(len(part))
	}
	figures := map[string]float64{"test_loss": sum / float64(len(d.test))}
	if d.Model.HasText() {
		if err := d.measureText(ops, figures); err != nil {
			return figures, err
		}
	}
	effect, err := d.grid(average, grid)
	if d.Model.HasText() {
		figures["effect"] = effect
	}
	return figures, err
}

// lossOf is the weighted loss of a batch at noise that seed chooses.
func (d *diffusion) lossOf(ops *libtorch.Ops, batch []example, seed int) (loss float64) {
	n := d.Model.LatentLen()
	eps := make([]float32, len(batch)*n)
	noise.Latent(eps, d.Seed, uint32(seed), streamNoise+1<<16)
	for b := range batch {
		batch[b].eps = eps[b*n : (b+1)*n]
	}
	defer ops.Free()
	libtorch.Autocast(d.precision(), func() { loss = d.forward(ops, d.inputs(batch)).Value() })
	return loss
}

// gridSampling is how sample grids are sampled, by DDIM.
type gridSampling struct {
	steps    int
	spacing  string
	guidance float64
}

// trainingGrids is that of a training on images.
var trainingGrids = gridSampling{steps: 20, spacing: schedule.Trailing, guidance: 3}

// grid samples the prompts, one row per prompt, under the same seeds, and
// writes them to a file. It returns the mean distance between an image and the
// first row's image of the same seed: the root of the mean square, where the
// grey range is 1.
func (d *diffusion) grid(average *libtorch.Params, path string) (effect float64, err error) {
	if len(d.Prompts) == 0 {
		return 0, nil
	}
	vae, err := frozen(d.Model, d.VAE)
	if err != nil {
		return 0, err
	}
	defer vae.Free()
	var images []*image.Gray
	var first [][]float32
	for row, text := range d.Prompts {
		z, err := d.sample(average, text)
		if err != nil {
			return 0, err
		}
		decoded := decode(vae, d.Model, d.latents, z, d.precision())
		if row == 0 {
			first = decoded
		}
		for k, x := range decoded {
			images = append(images, Gray(x, d.Model.ImageSize))
			if row > 0 {
				effect += metric.Distance(x, first[k]) / 2 / float64(len(decoded)*(len(d.Prompts)-1))
			}
		}
	}
	return effect, WriteGrid(path, images, GridSeeds)
}

// sample draws GridSeeds latents of a prompt.
func (d *diffusion) sample(average *libtorch.Params, text string) ([]float32, error) {
	n, c, s := d.Model.LatentLen(), d.Model.LatentChannels, d.Model.LatentSize()
	sampler, err := d.schedule.NewSampler(schedule.Options{Sampler: schedule.DDIM, Spacing: d.grids.spacing, Steps: d.grids.steps})
	if err != nil {
		return nil, err
	}
	vectors := sampler.Vectors(GridSeeds * n)
	z := vectors[0]
	for k := range GridSeeds {
		noise.Latent(z[k*n:(k+1)*n], uint64(k), 0, noise.StreamInitial)
	}
	captions := make([]string, 2*GridSeeds) // the second half stays empty: the null condition
	for k := range GridSeeds {
		captions[k] = text
	}
	ops := libtorch.NewOps(average)
	for i, t := range sampler.Timesteps {
		var y []float32
		libtorch.Autocast(d.precision(), func() {
			context, mask := d.context(ops, captions)
			y = model.UNet(ops, d.Model, ops.Tensor(append(z[:len(z):len(z)], z...), 2*GridSeeds, c, s, s),
				ops.Tensor([]float32{float32(t)}, 1), context, mask).Values()
		})
		ops.Free()
		for k := range GridSeeds {
			text, null := y[k*n:(k+1)*n], y[(GridSeeds+k)*n:(GridSeeds+k+1)*n]
			schedule.Guide(text, null, text, d.grids.guidance, 0)
		}
		sampler.Steps[i].Apply(vectors, y[:len(z)], nil)
	}
	return z, nil
}
