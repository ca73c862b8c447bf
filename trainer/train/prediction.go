//go:build libtorch

package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// PredictionErrors returns, for each of images, the mean squared error of what a
// model with text predicts of its latent, over the timesteps, with the image's own
// caption and one noise per image. vae is the autoencoder that the model was
// trained with. What a model has learnt by heart it predicts with less error.
func PredictionErrors(ctx context.Context, m *weights.Model, vae runs.Autoencoder, data *dataset.Prepared, images, timesteps []int, seed uint64) (list []float64, err error) {
	d, err := sampler.Describe(m)
	if err != nil {
		return nil, err
	}
	if !d.Model.HasText() {
		return nil, fmt.Errorf("%w: the model reads no text", runs.ErrOptions)
	}
	p, err := newPredictor(m, d)
	if err != nil {
		return nil, err
	}
	defer p.close()
	encoder, err := frozen(d.Model, vae)
	if err != nil {
		return nil, err
	}
	defer encoder.Free()
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	for from := 0; from < len(images); from += evaluationBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := images[from:min(from+evaluationBatch, len(images))]
		if e := libtorch.Try(func() { list = append(list, p.errors(encoder, data, part, timesteps, seed)...) }); e != nil {
			return nil, e
		}
	}
	return list, nil
}

// predictor is a model file's U-Net on libtorch.
type predictor struct {
	diffusion
	params    *libtorch.Params
	ops       *libtorch.Ops // of the U-Net
	mean, std []float32     // of the latent's channels
}

func newPredictor(m *weights.Model, d sampler.Description) (*predictor, error) {
	p := &predictor{diffusion: diffusion{DiffusionOptions: DiffusionOptions{Model: d.Model}}}
	var err error
	if p.schedule, err = schedule.New(d.Schedule); err != nil {
		return nil, err
	}
	for name, to := range map[string]*[]float32{sampler.TensorMean: &p.mean, sampler.TensorStd: &p.std} {
		if *to, err = m.Float32(name); err != nil {
			return nil, err
		}
	}
	vocab, err := runs.FileVocab(m)
	if err != nil {
		return nil, err
	}
	if p.tokens, err = prompt.New(vocab, d.Model.Lowercase, d.Model.Tokens); err != nil {
		return nil, err
	}
	specs, err := diffusionSpecs(d.Model, true)
	if err != nil {
		return nil, err
	}
	if p.states, err = newTextStates(d.Model, p.tokens, runs.Initial{Model: m}); err != nil {
		return nil, err
	}
	var lacking []string
	if e := libtorch.Try(func() { p.params, lacking, err = newParams(specs, runs.Initial{Model: m}, 0, false) }); e != nil || err != nil {
		p.states.params.Free()
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		p.close()
		return nil, fmt.Errorf("%w: the model lacks %q", runs.ErrOptions, lacking[0])
	}
	p.ops = libtorch.NewOps(p.params)
	return p, nil
}

func (p *predictor) close() {
	p.params.Free()
	p.states.params.Free()
}

// errors are those of a batch of images.
func (p *predictor) errors(encoder *libtorch.Params, data *dataset.Prepared, images, timesteps []int, seed uint64) []float64 {
	cfg, b, n, size := p.Model, len(images), p.Model.LatentLen(), p.Model.ImageSize
	pixels, captions := make([]float32, b*size*size), make([]string, b)
	eps := make([]float32, b*n)
	for k, i := range images {
		if err := data.Image(i, pixels[k*size*size:(k+1)*size*size]); err != nil {
			libtorch.Fail(err)
		}
		captions[k] = dataset.Caption(data.Records[i], seed, i, 0)
		noise.Latent(eps[k*n:(k+1)*n], seed, uint32(i), streamNoise)
	}
	ops := libtorch.NewOps(encoder)
	x0 := slices.Clone(ops.Channels(model.Encoder(ops, cfg, ops.Tensor(pixels, b, 1, size, size)), 0, cfg.LatentChannels).Values())
	ops.Free()
	p.standardize(x0)
	sums := make([]float64, b)
	x, target, times := make([]float32, b*n), make([]float32, b*n), make([]float32, b)
	for _, t := range timesteps {
		p.schedule.Noise(x, x0, eps, t)
		p.schedule.Target(target, x0, eps, t)
		for k := range times {
			times[k] = float32(t)
		}
		for j, v := range p.predict(x, times, captions) {
			off := float64(v - target[j])
			sums[j/n] += off * off / float64(n*len(timesteps))
		}
	}
	return sums
}

// predict is what the U-Net predicts of noised latents x.
func (p *predictor) predict(x, times []float32, captions []string) []float32 {
	ops := p.ops
	defer ops.Free()
	cfg, b, s := p.Model, len(captions), p.Model.LatentSize()
	context, mask := p.context(ops, captions)
	return ops.Float(model.UNet(ops, cfg, ops.Tensor(x, b, cfg.LatentChannels, s, s), ops.Tensor(times, b), context, mask)).Values()
}

// standardize brings latents from the autoencoder's scale to the U-Net's.
func (p *predictor) standardize(x []float32) {
	n := p.Model.LatentSize() * p.Model.LatentSize()
	for j := range x {
		ch := j / n % len(p.mean)
		x[j] = (x[j] - p.mean[ch]) / p.std[ch]
	}
}

// destandardize brings latents back.
func (p *predictor) destandardize(x []float32) {
	n := p.Model.LatentSize() * p.Model.LatentSize()
	for j := range x {
		ch := j / n % len(p.mean)
		x[j] = x[j]*p.std[ch] + p.mean[ch]
	}
}

// denoised is what the model makes of the latents x0 (B, C, s, s) of the
// autoencoder with the noise eps on them, each as at its timestep, in one step: a
// latent without the detail that the model does not predict.
func (p *predictor) denoised(x0, eps []float32, timesteps []int, captions []string) []float32 {
	n := p.Model.LatentLen()
	p.standardize(x0)
	x := make([]float32, len(x0))
	times, last := make([]float32, len(timesteps)), make([]float32, len(timesteps))
	for b, t := range timesteps {
		p.schedule.Noise(x[b*n:(b+1)*n], x0[b*n:(b+1)*n], eps[b*n:(b+1)*n], t)
		times[b], last[b] = float32(t), clean
	}
	z := ddim(p.schedule, x, p.predict(x, times, captions), times, last)
	p.destandardize(z)
	return z
}
