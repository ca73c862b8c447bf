//go:build libtorch

package train

import (
	"fmt"
	"io"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
)

// vaeSpecs lists the parameters of encoder and decoder.
func vaeSpecs(cfg model.Config) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	r.Output("latent", model.Encoder(r, cfg, r.Input("image", graph.PerLatent, 1, 1, cfg.ImageSize, cfg.ImageSize)))
	s := cfg.LatentSize()
	r.Output("image", model.Decoder(r, cfg, r.Input("z", graph.PerLatent, 1, cfg.LatentChannels, s, s)))
	return specs(r)
}

// diffusionSpecs lists the parameters of the U-Net, the adapter and, unless it
// is frozen, the text encoder.
func diffusionSpecs(cfg model.Config, frozen bool) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	s := cfg.LatentSize()
	latent := r.Input("latent", graph.PerLatent, 1, cfg.LatentChannels, s, s)
	context := model.NullContext(r, cfg)
	switch ids := r.Input("ids", graph.PerPrompt, 1, 2); {
	case !cfg.HasText():
	case frozen:
		context = model.Adapter(r, r.Input("states", graph.PerPrompt, 1, 2, cfg.TextFeatures))
	default:
		context = model.TextEncoder(r, cfg, ids, ids, ids)
	}
	r.Output("prediction", model.UNet(r, cfg, latent, r.Input("timestep", graph.PerTimestep, 1), context))
	r.Output("null", model.NullContext(r, cfg))
	return specs(r)
}

func specs(r *graph.Recorder) ([]graph.Spec, error) {
	g, err := r.Graph()
	if err != nil {
		return nil, err
	}
	return g.Params(), nil
}

// newParams makes the parameters of specs: from the source where it has them in
// that size, else at their initial values. It returns the names of the others.
func newParams(specs []graph.Spec, from runs.Source, seed uint64, trainable bool) (*libtorch.Params, []string, error) {
	return newParamsOf(specs, from, seed, func(string) bool { return trainable })
}

// newParamsOf is newParams where some of the parameters may be trainable.
func newParamsOf(specs []graph.Spec, from runs.Source, seed uint64, trainable func(name string) bool) (*libtorch.Params, []string, error) {
	params := libtorch.NewParams()
	var lacking []string
	for _, s := range specs {
		var values []float32
		if from != nil && from.Has(s.Name) {
			var err error
			if values, err = from.Float32(s.Name); err != nil {
				return nil, nil, err
			}
		}
		if len(values) != graph.Len(s.Shape) {
			lacking = append(lacking, s.Name)
			values = runs.InitialValues(seed, s.Name, s.Shape)
		}
		params.Add(s.Name, s.Shape, values, trainable(s.Name))
	}
	return params, lacking, nil
}

// sayLacking reports the parameters that the source of a training does not
// have.
func sayLacking(progress io.Writer, kind string, from runs.Source, lacking []string) {
	if from != nil && len(lacking) > 0 {
		fmt.Fprintf(progress, "%s: %d parameters that the initial file lacks, or has in another shape, start at random, %q first\n", kind, len(lacking), lacking[0])
	}
}
