package runs

import "encoding/json"

// provenance is what a model file says about its training.
type provenance struct {
	VAE       *Summary `json:"vae,omitempty"`
	Diffusion *Summary `json:"diffusion,omitempty"`
}

// Summary is what a model file says about one training.
type Summary struct {
	Steps   int                `json:"steps"`
	Minutes float64            `json:"minutes"`
	Figures map[string]float64 `json:"figures,omitempty"` // of the last evaluation on held-out patients
}

func summarize(dir string, t *Trained) *Summary {
	minutes := t.Before.Minutes + t.Seconds/60
	return &Summary{t.Before.Steps + t.Step, float64(int(10*minutes)) / 10, lastFigures(dir)}
}

// provenanceKey names the provenance in the metadata of a model file.
const provenanceKey = "roentgo.training"

// provenanceOf reads what a model file says about its training.
func provenanceOf(metadata map[string]string) (p provenance, ok bool) {
	ok = json.Unmarshal([]byte(metadata[provenanceKey]), &p) == nil
	return p, ok
}

// TrainedBefore is what a model file says about the training of one kind of run,
// "vae" or "diffusion"; nothing where from is no model file.
func TrainedBefore(kind string, from Source) Summary {
	var s *Summary
	switch from := from.(type) {
	case Autoencoder:
		if kind == "vae" {
			s = from.summary
		}
	case Initial:
		if p, ok := provenanceOf(from.Metadata()); ok {
			s = map[string]*Summary{"vae": p.VAE, "diffusion": p.Diffusion}[kind]
		}
	}
	if s == nil {
		return Summary{}
	}
	return Summary{Steps: s.Steps, Minutes: s.Minutes}
}
