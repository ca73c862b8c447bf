package runs

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/weights"
)

// Autoencoder is a trained VAE.
type Autoencoder struct {
	Source
	Hash  string       // of its weights
	Model model.Config // of which it is a part

	summary *Summary
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
		if a.Hash, err = run.Hash(); err != nil {
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
	if p, ok := provenanceOf(m.Metadata()); ok {
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

// LatentsFile holds the latents of a diffusion run, in its folder.
const LatentsFile = "latents.safetensors"

// latentsKey names, in its metadata, what the latents are of.
const latentsKey = "roentgo.latents"

// Write writes the latents to a file. key says what they are of.
func (l *Latents) Write(path, key string) error {
	return weights.WritePlain(path, map[string]string{latentsKey: key}, []weights.Values{
		{Name: "values", Shape: []int{len(l.Values)}, Float32: l.Values},
		{Name: "mean", Shape: []int{len(l.Mean)}, Float32: l.Mean},
		{Name: "std", Shape: []int{len(l.Std)}, Float32: l.Std},
		{Name: "preview", Shape: []int{len(l.Preview)}, Float32: l.Preview},
	})
}

// ReadLatents reads the latents of a run; with a key, only those that are of it.
func ReadLatents(path, key string) (*Latents, error) {
	f, err := weights.OpenPlain(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if key != "" && f.Metadata()[latentsKey] != key {
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
