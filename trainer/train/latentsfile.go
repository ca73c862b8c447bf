package train

import (
	"fmt"

	"github.com/roentgo/roentgo/weights"
)

// Autoencoder is a trained VAE as diffusion training needs it.
type Autoencoder struct {
	Source
	Hash string // of its weights' file
}

// Latents are the standardised latents of a prepared data set under one
// autoencoder, and what standardised them.
type Latents struct {
	Values    []float32 // images × LatentLen
	Mean, Std []float32 // a channel, over the training images
	Preview   []float32 // a weight a channel and a bias: a grey value in [−1, 1] of a standardised latent
}

const latentsFile = "latents.safetensors"

// readLatents reads the latents of a run; with a key, only those that are of it.
func readLatents(path, key string) (*Latents, error) {
	f, err := weights.OpenPlain(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if key != "" && f.Metadata()["roentgo.latents"] != key {
		return nil, fmt.Errorf("train: %s is of another autoencoder or other images", path)
	}
	l := &Latents{}
	for name, to := range map[string]*[]float32{"values": &l.Values, "mean": &l.Mean, "std": &l.Std, "preview": &l.Preview} {
		if *to, err = f.Float32(name); err != nil {
			return nil, err
		}
	}
	return l, nil
}
