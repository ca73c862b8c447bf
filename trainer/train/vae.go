//go:build libtorch

package train

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	trainermetric "github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// VAEOptions are those of [VAE].
type VAEOptions struct {
	Common
	Model model.Config `json:"model"`
	KL    float64      `json:"kl"`   // weight of the divergence, nats a latent value
	SSIM  float64      `json:"ssim"` // weight of 1 − SSIM beside the mean absolute error
	// Reconstruction is the distance of the decoded image from the image: ReconstructionL1, the
	// default, or ReconstructionL2.
	Reconstruction string `json:"reconstruction"`
	// Perceptual is a TorchScript file: a module of two batches of images
	// (B, 1, H, W) in [−1, 1] that returns their distances, as LPIPS does
	// (Zhang et al. 2018). "" is none.
	Perceptual       string  `json:"perceptual"`
	PerceptualWeight float64 `json:"perceptual_weight"`
	// Equivariance is the weight of the mean absolute error between the decoding
	// of the latent at half its size and the image at half its size. It keeps
	// fine detail of the image out of the coarse part of the latent, which makes
	// latents easier to generate (Kouzelis et al. 2025, arXiv 2502.09509;
	// Skorokhodov et al. 2025, arXiv 2502.14831). 0 leaves it out.
	Equivariance float64 `json:"equivariance"`
	// DecoderAlone keeps the encoder as it is, so that latents stay what they
	// are, and trains the decoder on latents with a little noise, as a diffusion
	// model's have: DecoderNoise is its deviation, as a part of the latents'.
	DecoderAlone bool    `json:"decoder_alone"`
	DecoderNoise float64 `json:"decoder_noise"`
	// Denoiser is a model of these latents, whose prediction of a noised latent the
	// decoder then learns on, at timesteps up to DenoiseTo, so that it draws the
	// detail that generated latents lack; or nil. Each batch has latents of the
	// encoder as well, in its second half.
	Denoiser     *weights.Model `json:"-"`
	DenoiserHash string         `json:"denoiser,omitzero"` // set by [VAE]
	DenoiseTo    int            `json:"denoise_to,omitzero"`
	// Adversarial is the weight of a patch discriminator, from step
	// AdversarialFrom on, where 1 gives it as large a gradient, by the decoded
	// image, as the error has (Esser et al. 2021, equation 7); 0: none.
	Adversarial     float64 `json:"adversarial"`
	AdversarialFrom int     `json:"adversarial_from"`
	// AdversarialNoise is the deviation of the noise on what the discriminator
	// sees, where an image spans 2.
	AdversarialNoise float64 `json:"adversarial_noise"`
	// Matching is the weight of the distance of the discriminator's features
	// beside its score.
	Matching float64 `json:"matching"`

	Init       runs.Source `json:"-"` // weights to begin from, where it has them; or nil
	TestImages int         `json:"-"` // of the test set that an evaluation takes; 0: all
}

// The distances of a decoded image from the image.
const (
	ReconstructionL1 = "l1" // the mean absolute error
	ReconstructionL2 = "l2" // the mean squared error
)

// VAE trains the autoencoder: the mean error and 1 − SSIM of the decoded
// posterior sample, and the divergence of the posterior from the standard
// Gaussian (Kingma and Welling 2014); where asked, a perceptual distance and
// the judgement of a discriminator (Rombach et al. 2022).
func VAE(ctx context.Context, data *dataset.Prepared, o VAEOptions, progress io.Writer) error {
	err := o.Model.Validate()
	if err != nil {
		return err
	}
	if data.Size() != o.Model.ImageSize {
		return fmt.Errorf("%w: the prepared images have %d pixels per side, the model %d", runs.ErrOptions, data.Size(), o.Model.ImageSize)
	}
	if o.Reconstruction == "" {
		o.Reconstruction = ReconstructionL1
	}
	if o.Reconstruction != ReconstructionL1 && o.Reconstruction != ReconstructionL2 {
		return fmt.Errorf("%w: no reconstruction loss %q (there are %s, %s)", runs.ErrOptions, o.Reconstruction, ReconstructionL1, ReconstructionL2)
	}
	if o.Denoiser == nil {
		o.DenoiseTo = 0
	} else if o.DenoiserHash, err = o.Denoiser.Hash(); err != nil {
		return err
	}
	if !(o.Adversarial >= 0 && o.PerceptualWeight >= 0 && o.Equivariance >= 0 && o.AdversarialNoise >= 0 && o.Matching >= 0) {
		return fmt.Errorf("%w: weights of losses, and noise, are not negative", runs.ErrOptions)
	}
	if err := o.settle(ctx, BenchOptions{Model: o.Model, VAE: true}, progress); err != nil {
		return err
	}
	specs, err := vaeSpecs(o.Model)
	if err != nil {
		return err
	}
	var params *libtorch.Params
	var lacking []string
	if e := libtorch.Try(func() { params, lacking, err = newParamsOf(specs, o.Init, o.Seed, o.trains) }); e != nil || err != nil {
		return fmt.Errorf("train: %w", firstError(e, err))
	}
	defer params.Free()
	sayLacking(progress, "vae", o.Init, lacking)
	if o.DecoderAlone && slices.ContainsFunc(lacking, func(name string) bool { return !o.trains(name) }) {
		return fmt.Errorf("%w: to train the decoder alone, --init must give a trained encoder", runs.ErrOptions)
	}
	v := &vae{VAEOptions: o, data: data, order: newOrder(data.Split(dataset.Train), nil, o.Seed)}
	if o.Denoiser != nil {
		if v.denoiser, err = openDenoiser(o); err != nil {
			return err
		}
		defer v.denoiser.close()
	}
	if o.Perceptual != "" {
		if err := libtorch.Try(func() { v.perceptual = libtorch.LoadScript(o.Perceptual) }); err != nil {
			return fmt.Errorf("train: the perceptual network %s: %w", o.Perceptual, err)
		}
		defer v.perceptual.Free()
	}
	if o.Adversarial > 0 {
		if v.adversary, err = newAdversary(o.Model.ImageSize, o.Seed, o.WeightDecay); err != nil {
			return err
		}
		defer v.adversary.params.Free()
	}
	v.ahead = &ahead[vaeInputs]{make: v.examples}
	defer v.ahead.stop()
	t := task{kind: "vae", options: o, data: data.Digest(), initial: o.Init, after: v.after, adversary: v.adversary, loss: v.loss, evaluate: v.evaluate, figure: "test_ssim", sign: -1}
	if t.model, err = jsonOf(o.Model); err != nil {
		return err
	}
	return runTask(ctx, o.Common, t, params, progress)
}

// openDenoiser opens the denoiser of o, which must be a model of its latents.
func openDenoiser(o VAEOptions) (*predictor, error) {
	d, err := sampler.Describe(o.Denoiser)
	if err != nil {
		return nil, err
	}
	switch {
	case !o.DecoderAlone:
		return nil, fmt.Errorf("%w: a denoiser is for the decoder alone", runs.ErrOptions)
	case !d.Model.HasText():
		return nil, fmt.Errorf("%w: the denoiser reads no text", runs.ErrOptions)
	case d.Model.ImageSize != o.Model.ImageSize || d.Model.LatentChannels != o.Model.LatentChannels:
		return nil, fmt.Errorf("%w: the denoiser is of latents of other images", runs.ErrOptions)
	case d.Schedule.Prediction != schedule.VPrediction:
		return nil, fmt.Errorf("%w: a denoiser needs the objective v, not %s", runs.ErrOptions, d.Schedule.Prediction)
	case o.DenoiseTo < 0 || o.DenoiseTo >= d.Schedule.TrainTimesteps:
		return nil, fmt.Errorf("%w: timestep %d is not in [0, %d]", runs.ErrOptions, o.DenoiseTo, d.Schedule.TrainTimesteps-1)
	}
	return newPredictor(o.Denoiser, d)
}

// trains reports whether a parameter is trained.
func (o VAEOptions) trains(name string) bool {
	return !o.DecoderAlone || !strings.HasPrefix(name, "vae.encoder.")
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

type vae struct {
	VAEOptions
	data       *dataset.Prepared
	order      *order
	ahead      *ahead[vaeInputs]
	perceptual *libtorch.Script // or nil
	adversary  *adversary       // or nil
	denoiser   *predictor       // or nil
}

// after is the discriminator's step, which follows the autoencoder's.
func (v *vae) after(step int, figures map[string]float64) {
	if v.adversary != nil && len(v.adversary.seen) > 0 {
		figures["discriminator"] = v.adversary.learn(v.rateAt(step), v.Clip, v.precision())
	}
}

// vaeInputs are what a forward pass reads.
type vaeInputs struct {
	pixels []float32 // (B, 1, size, size)
	eps    []float32 // of the posterior, (B, C, s, s)

	captions  []string // of the images that the denoiser is given
	timesteps []int
}

// examples are those of a forward pass: a function of the seed and the pass.
func (v *vae) examples(pass int) (vaeInputs, error) {
	size, n := v.Model.ImageSize, v.Model.LatentLen()
	in := vaeInputs{pixels: make([]float32, v.Batch*size*size), eps: make([]float32, v.Batch*n)}
	for b := range v.Batch {
		i, epoch := v.order.at(pass*v.Batch + b)
		if err := v.data.Image(i, in.pixels[b*size*size:(b+1)*size*size]); err != nil {
			return in, err
		}
		if v.denoiser != nil && b < (v.Batch+1)/2 {
			u := float64(noise.Uint32(v.Seed, uint32(b), uint32(pass), streamTimestep)) / (1 << 32)
			in.timesteps = append(in.timesteps, int(u*float64(v.DenoiseTo+1)))
			in.captions = append(in.captions, dataset.Caption(v.data.Records[i], v.Seed, i, epoch))
		}
	}
	noise.Latent(in.eps, v.Seed, uint32(pass), streamPosterior)
	return in, nil
}

func (v *vae) loss(ops *libtorch.Ops, step, k int) (libtorch.Tensor, map[string]float64) {
	size := v.Model.ImageSize
	in := v.ahead.at(step*v.Accumulate + k)
	pixels, eps := in.pixels, in.eps
	c, s := v.Model.LatentChannels, v.Model.LatentSize()
	x := ops.Tensor(pixels, v.Batch, 1, size, size)
	moments := ops.Float(model.Encoder(ops, v.Model, x))
	mean, logVar := ops.Channels(moments, 0, c), ops.Clamp(ops.Channels(moments, c, c), -20, 10)
	deviation := ops.Exp(ops.Scale(logVar, 0.5))
	if v.DecoderAlone {
		values := mean.Values()
		deviation = ops.Tensor([]float32{float32(v.DecoderNoise * metric.Distance(values, make([]float32, len(values))))}, 1, 1, 1, 1)
	}
	z := ops.Add(mean, ops.Mul(ops.Tensor(eps, v.Batch, c, s, s), deviation))
	if v.denoiser != nil {
		values := slices.Clone(z.Values())
		n := len(in.captions) * v.Model.LatentLen()
		copy(values, v.denoiser.denoised(slices.Clone(mean.Values()[:n]), eps[:n], in.timesteps, in.captions))
		z = ops.Tensor(values, v.Batch, c, s, s)
	}
	y := ops.Float(model.Decoder(ops, v.Model, z))

	off, ssim, loss := v.distance(ops, y, x)
	kl := ops.Scale(ops.Mean(ops.Shift(ops.Sub(ops.Add(ops.Mul(mean, mean), ops.Exp(logVar)), logVar), -1)), 0.5)
	if !v.DecoderAlone {
		loss = ops.Add(loss, ops.Scale(kl, v.KL))
	}
	figures := map[string]float64{v.Reconstruction: off.Value(), "ssim": ssim.Value(), "kl": kl.Value()}
	if v.Equivariance > 0 {
		half := ops.Sub(ops.Float(model.Decoder(ops, v.Model, ops.AvgPool2(z))), ops.AvgPool2(x))
		off := ops.Mean(ops.Abs(half))
		figures["half"] = off.Value()
		loss = ops.Add(loss, ops.Scale(off, v.Equivariance))
	}
	if v.perceptual != nil {
		distance := ops.Mean(ops.Float(ops.Script(v.perceptual, y, x)))
		figures["perceptual"] = distance.Value()
		loss = ops.Add(loss, ops.Scale(distance, v.PerceptualWeight))
	}
	if v.adversary != nil && step >= v.AdversarialFrom {
		// What the discriminator sees has noise on it, as strong as the finest
		// detail of an image, which no decoder can place: it is to judge shapes
		// (Sønderby et al. 2017, arXiv 1610.04490, section 3).
		grain := func(values []float32, stream uint32) []float32 {
			e := make([]float32, len(values))
			noise.Latent(e, v.Seed, uint32(step*v.Accumulate+k), stream)
			for i, x := range values {
				e[i] = x + float32(v.AdversarialNoise)*e[i]
			}
			return e
		}
		real := grain(pixels, streamGrainReal)
		made := ops.Tensor(grain(make([]float32, len(pixels)), streamGrainMade), v.Batch, 1, size, size)
		noisy := ops.Tensor(real, v.Batch, 1, size, size)
		against := func(y libtorch.Tensor) libtorch.Tensor {
			return v.adversary.against(ops, ops.Add(y, made), noisy, v.Matching)
		}
		fooled := against(y)
		figures["adversarial"] = fooled.Value()
		weight := v.Adversarial * ops.GradientNorm(y, func(y libtorch.Tensor) libtorch.Tensor {
			_, _, loss := v.distance(ops, y, x)
			return loss
		}) / max(ops.GradientNorm(y, against), 1e-12)
		figures["adversarial_weight"] = weight
		loss = ops.Add(loss, ops.Scale(fooled, weight))
		v.adversary.seen = append(v.adversary.seen, pair{real, ops.Add(y, made).Values(), v.Batch, size})
	}
	figures["loss"] = loss.Value()
	return loss, figures
}

// distance is what the decoded images y are held to, the images x: the mean error,
// the structural similarity, and what is descended of both.
func (v *vae) distance(ops *libtorch.Ops, y, x libtorch.Tensor) (off, ssim, loss libtorch.Tensor) {
	delta := ops.Sub(y, x)
	if v.Reconstruction == ReconstructionL2 {
		off = ops.Mean(ops.Mul(delta, delta))
	} else {
		off = ops.Mean(ops.Abs(delta))
	}
	ssim = ops.SSIM(y, x)
	loss = ops.Add(off, ops.Scale(ops.Shift(ops.Scale(ssim, -1), 1), v.SSIM))
	return off, ssim, loss
}

// gridImages is the number of test images in a grid: originals above, what the
// autoencoder makes of them below.
const gridImages = 6

func (v *vae) evaluate(average *libtorch.Params, grid string) (map[string]float64, error) {
	test := v.data.Split(dataset.Test)
	if v.TestImages > 0 && len(test) > v.TestImages {
		test = test[:v.TestImages]
	}
	if len(test) == 0 {
		return nil, fmt.Errorf("%w: the prepared data has no test images", runs.ErrOptions)
	}
	size := v.Model.ImageSize
	x := make([]float32, size*size)
	ops := libtorch.NewOps(average)
	var ssim, psnr float64
	var above, below []*image.Gray
	var real, made [][]float32
	for _, i := range test {
		if err := v.data.Image(i, x); err != nil {
			return nil, err
		}
		var y []float32
		libtorch.Autocast(v.precision(), func() {
			moments := model.Encoder(ops, v.Model, ops.Tensor(x, 1, 1, size, size))
			y = model.Decoder(ops, v.Model, ops.Channels(moments, 0, v.Model.LatentChannels)).Values()
		})
		ops.Free()
		for j := range y {
			y[j] = min(max(y[j], -1), 1)
		}
		ssim += metric.SSIM(x, y, size, size, 2) / float64(len(test))
		psnr += metric.PSNR(x, y, 2) / float64(len(test))
		real, made = append(real, slices.Clone(x)), append(made, y)
		if len(above) < gridImages {
			above, below = append(above, Gray(x, size)), append(below, Gray(y, size))
		}
	}
	detail := trainermetric.Detail(trainermetric.Spectrum(made, size), trainermetric.Spectrum(real, size))
	return map[string]float64{"test_ssim": ssim, "test_psnr": psnr, "test_detail": detail}, WriteGrid(grid, append(above, below...), len(above))
}
