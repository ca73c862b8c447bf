package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/internal/digest"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// Autoencoder is a trained VAE.
type Autoencoder struct {
	Source
	Hash  string       // of its weights
	Model model.Config // of which it is a part

	summary *runSummary
	close   func() error
}

// OpenAutoencoder opens the folder of a run, or the files of a model.
func OpenAutoencoder(paths []string) (Autoencoder, error) {
	if st, err := os.Stat(paths[0]); err == nil && st.IsDir() && len(paths) == 1 {
		run, err := OpenTrained(paths[0])
		if err != nil {
			return Autoencoder{}, err
		}
		a := Autoencoder{Source: run, summary: summarize(paths[0], run), close: run.Close}
		if err := json.Unmarshal([]byte(run.Model), &a.Model); err != nil {
			run.Close()
			return a, fmt.Errorf("%w: %s does not state its model: %w", ErrCheckpoint, paths[0], err)
		}
		if a.Hash, _, err = digest.File(filepath.Join(paths[0], CheckpointFile)); err != nil {
			run.Close()
		}
		return a, err
	}
	m, err := weights.Open(paths...)
	if err != nil {
		return Autoencoder{}, err
	}
	a := Autoencoder{Source: Initial{m}, close: m.Close}
	d, err := sampler.Describe(m)
	if err == nil {
		a.Hash, err = m.Hash()
	}
	if err != nil {
		m.Close()
		return a, err
	}
	a.Model = d.Model
	var p provenance
	if json.Unmarshal([]byte(m.Metadata()["roentgo.training"]), &p) == nil {
		a.summary = p.VAE
	}
	return a, nil
}

// Close closes its files.
func (a Autoencoder) Close() error { return a.close() }

// Latents are the standardised latents of a prepared data set under one
// autoencoder, and what standardised them.
type Latents struct {
	Values    []float32 // versions × images × LatentLen; version 0 is of the images as they are
	Mean, Std []float32 // one per channel, over the training images
	Preview   []float32 // one weight per channel and a bias: a grey value in [−1, 1] of a standardised latent
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
