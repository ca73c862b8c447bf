// Package record records the networks of a model, each in one place, with the
// names of their inputs and outputs.
package record

import (
	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// The names of inputs and of the output.
const (
	Latent    = "latent"
	Timestep  = "timestep"
	Context   = "context"
	Mask      = "mask"
	IDs       = "ids"
	Positions = "positions"
	Types     = "types"
	Image     = "image"
	Out       = "out"
)

// latents is an input of b latents.
func latents(r *graph.Recorder, c model.Config, b int) graph.Value {
	return r.Input(Latent, graph.PerLatent, b, c.LatentChannels, c.LatentSize(), c.LatentSize())
}

// UNet records the U-Net on b latents, each with a context of n tokens; with a
// mask where contexts differ in length.
func UNet(r *graph.Recorder, c model.Config, b, n int, masked bool) {
	x := latents(r, c, b)
	t := r.Input(Timestep, graph.PerTimestep, 1)
	condition := []graph.Value{r.Input(Context, graph.PerPrompt, b, n, c.TextFeatures)}
	if masked {
		condition = append(condition, r.Input(Mask, graph.PerPrompt, b, n))
	}
	r.Output(Out, model.UNet(r, c, x, t, condition...))
}

// Decoder records the decoder on one latent of the U-Net's scale.
func Decoder(r *graph.Recorder, c model.Config) {
	r.Output(Out, model.Decoder(r, c, model.Destandardized(r, c, latents(r, c, 1))))
}

// Text records the text encoder on one prompt of n tokens.
func Text(r *graph.Recorder, c model.Config, n int) {
	ids := r.Input(IDs, graph.PerPrompt, 1, n)
	positions := r.Input(Positions, graph.PerPrompt, 1, n)
	types := r.Input(Types, graph.PerPrompt, 1, n)
	r.Output(Out, model.TextEncoder(r, c, ids, positions, types))
}

// Params lists the parameters of a part of a model file, in no order. A model
// without text has none in its text encoder.
func Params(c model.Config, part string) ([]graph.Spec, error) {
	r := graph.NewRecorder()
	switch part {
	case weights.PartText:
		if c.HasText() {
			Text(r, c, c.Tokens)
		}
	case weights.PartUNet:
		x := latents(r, c, 1)
		model.UNet(r, c, x, r.Input(Timestep, graph.PerTimestep, 1), model.NullContext(r, c))
	case weights.PartDecoder:
		model.Decoder(r, c, latents(r, c, 1))
	case weights.PartEncoder:
		model.Encoder(r, c, r.Input(Image, graph.PerLatent, 1, 1, c.ImageSize, c.ImageSize))
	}
	g, err := r.Graph()
	if err != nil {
		return nil, err
	}
	return g.Params(), nil
}
