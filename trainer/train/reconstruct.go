//go:build libtorch

package train

import (
	"context"
	"fmt"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
)

// Reconstruct returns what an autoencoder makes of images of its size in
// [−1, 1]: the decoded means of their posteriors, within [−1, 1].
func Reconstruct(ctx context.Context, vae runs.Autoencoder, images [][]float32) (list [][]float32, err error) {
	cfg := vae.Model
	size := cfg.ImageSize
	params, err := frozen(cfg, vae)
	if err != nil {
		return nil, err
	}
	defer params.Free()
	libtorch.GradMode(false)
	defer libtorch.GradMode(true)
	ops := libtorch.NewOps(params)
	for _, x := range images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(x) != size*size {
			return nil, fmt.Errorf("%w: an image of %d values, the autoencoder takes %d × %d", runs.ErrOptions, len(x), size, size)
		}
		if err := libtorch.Try(func() {
			defer ops.Free()
			moments := model.Encoder(ops, cfg, ops.Tensor(x, 1, 1, size, size))
			list = append(list, model.Decoder(ops, cfg, ops.Channels(moments, 0, cfg.LatentChannels)).Values())
		}); err != nil {
			return nil, err
		}
		if err := metric.Clamp(list[len(list)-1]); err != nil {
			return nil, fmt.Errorf("train: a reconstruction: %w", err)
		}
	}
	return list, nil
}
