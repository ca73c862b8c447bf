//go:build libtorch

package train

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// latents encodes every image, and o.Versions − 1 changed versions of each
// training image, once and keeps the result in the run's folder.
func (o DiffusionOptions) latents(ctx context.Context, data *dataset.Prepared, train []int, progress io.Writer) (*runs.Latents, error) {
	key := fmt.Sprintf("%s %s %d", o.VAE.Hash, data.Summary.ImagesSHA256, o.Versions)
	path := filepath.Join(o.Run, runs.LatentsFile)
	if l, err := runs.ReadLatents(path, key); err == nil {
		return l, nil
	}
	l, err := o.encodeAll(ctx, data, train, progress)
	if err != nil {
		return nil, err
	}
	dir := o.Run
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return l, l.Write(path, key)
}

// The bounds of the changes that versions of an image have.
const (
	mostZoom   = 0.1
	mostAngle  = 0.05 // radians
	mostBright = 0.2  // grey values to a power of 0.82 to 1.22
)

// change is that of version v of image i. Version 0 is the image as it is.
func (o DiffusionOptions) change(i, v int) dataset.Change {
	if v == 0 {
		return dataset.Change{}
	}
	draw := func(k uint32) float64 {
		return float64(noise.Uint32(o.Seed, k, uint32(i), streamChange+uint32(v)<<8)) / (1 << 32)
	}
	both := func(k uint32) float64 { return 2*draw(k) - 1 }
	return dataset.Change{Zoom: mostZoom * draw(0), X: both(1), Y: both(2), Angle: mostAngle * both(3), Bright: mostBright * both(4)}
}

func (o DiffusionOptions) encodeAll(ctx context.Context, data *dataset.Prepared, train []int, progress io.Writer) (*runs.Latents, error) {
	cfg := o.Model
	params, err := frozen(cfg, o.VAE)
	if err != nil {
		return nil, err
	}
	defer params.Free()
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	size, n, all := cfg.ImageSize, cfg.LatentLen(), len(data.Records)
	type place struct{ image, version int }
	var places []place
	for i := range all {
		places = append(places, place{i, 0})
	}
	for v := 1; v < o.Versions; v++ {
		for _, i := range train {
			places = append(places, place{i, v})
		}
	}
	l := &runs.Latents{Values: make([]float32, all*max(o.Versions, 1)*n)}
	const batch = 8
	pixels, image := make([]float32, batch*size*size), make([]float32, size*size)
	ops := libtorch.NewOps(params)
	said := time.Now()
	for from := 0; from < len(places); from += batch {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if from == 0 || time.Since(said) > 10*time.Second {
			fmt.Fprintf(progress, "latents: %d of %d images encoded\n", from, len(places))
			said = time.Now()
		}
		part := places[from:min(from+batch, len(places))]
		for j, p := range part {
			if err := data.Image(p.image, image); err != nil {
				return nil, err
			}
			o.change(p.image, p.version).Apply(pixels[j*size*size:(j+1)*size*size], image, size)
		}
		if err := libtorch.Try(func() {
			defer ops.Free()
			libtorch.Autocast(o.precision(), func() {
				moments := model.Encoder(ops, cfg, ops.Tensor(pixels[:len(part)*size*size], len(part), 1, size, size))
				values := ops.Channels(moments, 0, cfg.LatentChannels).Values()
				for j, p := range part {
					copy(l.Values[(p.version*all+p.image)*n:], values[j*n:(j+1)*n])
				}
			})
		}); err != nil {
			return nil, err
		}
	}
	standardize(l, train, cfg)
	return l, fitPreview(l, data, train, cfg)
}

// frozen loads encoder and decoder without gradients.
func frozen(cfg model.Config, vae runs.Source) (params *libtorch.Params, err error) {
	specs, err := vaeSpecs(cfg)
	if err != nil {
		return nil, err
	}
	var lacking []string
	if e := libtorch.Try(func() { params, lacking, err = newParams(specs, vae, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		return nil, fmt.Errorf("train: the autoencoder lacks %d parameters, %q first (train one with 'roentgo-train vae')", len(lacking), lacking[0])
	}
	return params, nil
}

// standardize brings each channel to zero mean and unit deviation over the
// training images.
func standardize(l *runs.Latents, train []int, cfg model.Config) {
	c, n := cfg.LatentChannels, cfg.LatentLen()
	area := n / c
	l.Mean, l.Std = make([]float32, c), make([]float32, c)
	for ch := range c {
		var sum, squares float64
		for _, i := range train {
			for _, v := range l.Values[i*n+ch*area : i*n+(ch+1)*area] {
				sum += float64(v)
				squares += float64(v) * float64(v)
			}
		}
		count := float64(len(train) * area)
		mean := sum / count
		l.Mean[ch], l.Std[ch] = float32(mean), float32(math.Sqrt(max(squares/count-mean*mean, 1e-12)))
	}
	for i := range l.Values {
		ch := i % n / area
		l.Values[i] = (l.Values[i] - l.Mean[ch]) / l.Std[ch]
	}
}

// fitPreview solves for the linear map from a latent's channels to the mean
// grey of its 8×8 pixels, by least squares over some training images.
func fitPreview(l *runs.Latents, data *dataset.Prepared, train []int, cfg model.Config) error {
	c, n, s := cfg.LatentChannels, cfg.LatentLen(), cfg.LatentSize()
	area, size := n/c, cfg.ImageSize
	block := size / s
	k := c + 1
	normal, right := make([]float64, k*k), make([]float64, k)
	x := make([]float32, size*size)
	row := make([]float64, k)
	for _, i := range train[:min(200, len(train))] {
		if err := data.Image(i, x); err != nil {
			return err
		}
		for p := range area {
			var grey float64
			for dy := range block {
				for dx := range block {
					grey += float64(x[(p/s*block+dy)*size+p%s*block+dx])
				}
			}
			grey /= float64(block * block)
			for ch := range c {
				row[ch] = float64(l.Values[i*n+ch*area+p])
			}
			row[c] = 1
			for a := range k {
				for b := range k {
					normal[a*k+b] += row[a] * row[b]
				}
				right[a] += row[a] * grey
			}
		}
	}
	l.Preview = solve(normal, right)
	return nil
}

// solve solves the symmetric positive system a·x = b by Gaussian elimination,
// with a little added to the diagonal.
func solve(a, b []float64) []float32 {
	k := len(b)
	for i := range k {
		a[i*k+i] *= 1 + 1e-9
		a[i*k+i] += 1e-9
	}
	for i := range k {
		for r := i + 1; r < k; r++ {
			f := a[r*k+i] / a[i*k+i]
			for c := i; c < k; c++ {
				a[r*k+c] -= f * a[i*k+c]
			}
			b[r] -= f * b[i]
		}
	}
	x := make([]float32, k)
	for i := k - 1; i >= 0; i-- {
		v := b[i]
		for c := i + 1; c < k; c++ {
			v -= a[i*k+c] * float64(x[c])
		}
		x[i] = float32(v / a[i*k+i])
	}
	return x
}

// decode turns standardised latents into images of [−1, 1].
func decode(params *libtorch.Params, cfg model.Config, l *runs.Latents, z []float32, p libtorch.Precision) [][]float32 {
	n, s := cfg.LatentLen(), cfg.LatentSize()
	area := n / cfg.LatentChannels
	ops := libtorch.NewOps(params)
	var images [][]float32
	for i := 0; i < len(z); i += n {
		raw := make([]float32, n)
		for j := range raw {
			raw[j] = z[i+j]*l.Std[j/area] + l.Mean[j/area]
		}
		libtorch.Autocast(p, func() {
			images = append(images, model.Decoder(ops, cfg, ops.Tensor(raw, 1, cfg.LatentChannels, s, s)).Values())
		})
		ops.Free()
	}
	return images
}

// jsonOf is a configuration as checkpoints and model files keep it.
func jsonOf(config any) (string, error) {
	text, err := json.Marshal(config)
	return string(text), err
}
