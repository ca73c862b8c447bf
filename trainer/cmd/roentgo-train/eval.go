package main

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/noise"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// evaluation is what `eval` writes to eval.json.
type evaluation struct {
	Model         string  `json:"model_sha256"`
	Prompt        string  `json:"prompt"`
	Other         string  `json:"other"`
	Seeds         int     `json:"seeds"` // from 0
	Effect        float64 `json:"effect"`
	PermutedMean  float64 `json:"permuted_mean"`
	PermutedMost  float64 `json:"permuted_most"`
	P             float64 `json:"p"`
	SeedDistance  float64 `json:"seed_distance"`
	RealDistance  float64 `json:"real_distance"`
	DistanceRatio float64 `json:"distance_ratio"`
	MontageKey    string  `json:"montage_key"` // R or G a picture of montage.png, row by row
}

// How many images eval's figures are of.
const (
	distanceSeeds = 16
	montageEach   = 8
	permutations  = 999
)

func evalCommand() *cobra.Command {
	var models []string
	var data, out, prompt, other, device string
	var seeds int
	cmd := &cobra.Command{
		Use:   "eval --model FILE --data FOLDER --out FOLDER",
		Short: "Measure whether text and seed matter, and lay real and generated images side by side",
		Long: `Measure whether text matters (the mean difference of two prompts under the same
seeds, against the same pairs with the prompts swapped at random), whether the
seed matters (the mean distance of images of one prompt, against that of real
held-out images), and lay real and generated images side by side, shuffled.
The folder gets eval.json, difference.png (grey: no difference), montage.png.`,
		Example: "  roentgo-train eval --model model" + weights.Extension + " --data runs/data --out runs/eval",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seeds < distanceSeeds {
				return misuse{fmt.Errorf("%d seeds; at least %d are needed", seeds, distanceSeeds)}
			}
			prepared, err := dataset.Open(data)
			if err != nil {
				return err
			}
			defer prepared.Close()
			m, err := weights.Open(models...)
			if err != nil {
				return err
			}
			defer m.Close()
			s, err := sampler.New(cmd.Context(), m, sampler.Options{Device: device})
			if err != nil {
				return err
			}
			defer s.Close()
			if err := os.MkdirAll(out, 0o755); err != nil {
				return err
			}
			a, err := sampleSeeds(cmd.Context(), s, prompt, seeds)
			if err != nil {
				return err
			}
			b, err := sampleSeeds(cmd.Context(), s, other, seeds)
			if err != nil {
				return err
			}
			e := metric.Paired(a, b, permutations, 1)
			v := evaluation{Model: s.ModelHash(), Prompt: prompt, Other: other, Seeds: seeds, Effect: e.Effect, P: e.P, PermutedMost: slices.Max(e.Permuted)}
			for _, p := range e.Permuted {
				v.PermutedMean += p / permutations
			}
			real := held(prepared)
			v.SeedDistance, v.RealDistance = metric.MeanDistance(a[:distanceSeeds]), metric.MeanDistance(real)
			v.DistanceRatio = v.SeedDistance / v.RealDistance
			size := prepared.Size()
			if v.MontageKey, err = montage(filepath.Join(out, "montage.png"), real, a, size); err != nil {
				return err
			}
			// An effect of a tenth of the grey scale is half of the picture's.
			for i := range e.Mean {
				e.Mean[i] *= 5
			}
			if err := train.WriteGrid(filepath.Join(out, "difference.png"), []*image.Gray{train.Gray(e.Mean, size)}, 1); err != nil {
				return err
			}
			text, err := json.MarshalIndent(v, "", "  ")
			if err != nil {
				return err
			}
			fmt.Println(string(text))
			return os.WriteFile(filepath.Join(out, "eval.json"), append(text, '\n'), 0o644)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&models, "model", nil, "model file, once a file (required)")
	f.StringVar(&data, "data", "", "folder that 'prepare' made, for its held-out images (required)")
	f.StringVar(&out, "out", "", "folder for figures and pictures (required)")
	f.StringVar(&prompt, "prompt", "pleural effusion", "the one prompt")
	f.StringVar(&other, "other", "no pleural effusion", "the other")
	f.IntVar(&seeds, "seeds", 32, "images a prompt")
	f.StringVar(&device, "device", sampler.Auto, "auto, gpu or cpu")
	for _, name := range []string{"model", "data", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func sampleSeeds(ctx context.Context, s *sampler.Sampler, prompt string, n int) ([][]float32, error) {
	var list [][]float32
	for img, err := range s.Images(ctx, sampler.Request{Prompt: prompt, Count: n}) {
		if err != nil {
			return nil, err
		}
		for i, v := range img.Pix {
			img.Pix[i] = min(max(v, -1), 1)
		}
		list = append(list, img.Pix)
		fmt.Fprintf(os.Stderr, "eval: %q, image %d of %d\n", prompt, len(list), n)
	}
	return list, nil
}

// held returns the images of held-out patients.
func held(p *dataset.Prepared) [][]float32 {
	var list [][]float32
	for _, i := range p.Split(dataset.Test) {
		x := make([]float32, p.Size()*p.Size())
		p.Image(i, x)
		list = append(list, x)
	}
	return list
}

// montage lays real and generated images out in a random order and returns it.
func montage(path string, real, generated [][]float32, size int) (string, error) {
	n := min(montageEach, len(real), len(generated))
	var images []*image.Gray
	key := ""
	for _, k := range noise.Permutation(2*n, 1, 0, noise.StreamTraining) {
		x, letter := real, "R"
		if k >= n {
			x, letter = generated, "G"
		}
		images = append(images, train.Gray(x[k%n*(len(x)/n)], size))
		key += letter
	}
	return key, train.WriteGrid(path, images, 4)
}
