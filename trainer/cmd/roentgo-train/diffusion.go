//go:build libtorch

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

func diffusionCommand() *cobra.Command {
	o := train.DiffusionOptions{
		Common:   train.Common{Steps: 20000, Batch: 16, Rate: 4e-4, Warmup: 200, Decay: 0.4, EvaluateEvery: 500},
		Schedule: schedule.ZeroTerminal(),
	}
	var vocab, objective string
	var vae, begin []string
	cmd := &cobra.Command{
		Use:     "diffusion --data FOLDER --vae FOLDER --vocab FILE --run FOLDER",
		Short:   "Train the U-Net and the text encoder on the latents of a trained autoencoder",
		Example: "  roentgo-train diffusion --data runs/data --vae runs/vae --vocab vocab.txt --run runs/unet",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Schedule, err = objectiveOf(objective); err != nil {
				return err
			}
			data, err := dataset.Open(o.Data)
			if err != nil {
				return err
			}
			closer, err := openAutoencoder(vae, &o)
			if err != nil {
				return err
			}
			defer closer.Close()
			if len(begin) > 0 {
				m, err := weights.Open(begin...)
				if err != nil {
					return err
				}
				defer m.Close()
				o.Init = train.Initial{Model: m}
				if vocab == "" {
					words, err := m.Bytes(sampler.TensorVocab)
					if err != nil {
						return err
					}
					o.Vocab = strings.Split(strings.TrimSuffix(string(words), "\n"), "\n")
				}
			}
			switch {
			case vocab != "":
				if o.Vocab, err = readVocab(vocab); err != nil {
					return err
				}
			case o.Vocab == nil:
				return misuse{errors.New("--vocab is needed where no --init file brings a vocabulary")}
			}
			return train.Diffusion(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.StringArrayVar(&vae, "vae", nil, "folder of the autoencoder's run, or a model file for training, once a file (required)")
	f.StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the captions are taken (default: that of the --init file)")
	f.StringArrayVar(&begin, "init", nil, "model file to begin from, once a file")
	f.StringVar(&objective, "objective", "v", objectiveHelp)
	f.Float64Var(&o.Null, "null", 0.1, "part of the captions that become the null condition")
	f.StringArrayVar(&o.Prompts, "grid-prompt", []string{"normal chest x-ray", "pleural effusion", "cardiomegaly", "pneumothorax"}, "a row of the sample grid")
	for _, name := range []string{"data", "run", "vae"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// openAutoencoder opens a run's folder or model files, and takes over the
// networks' configuration.
func openAutoencoder(paths []string, o *train.DiffusionOptions) (io.Closer, error) {
	if st, err := os.Stat(paths[0]); err == nil && st.IsDir() && len(paths) == 1 {
		run, err := train.OpenTrained(paths[0])
		if err != nil {
			return nil, err
		}
		hash, err := hashFile(filepath.Join(paths[0], train.CheckpointFile))
		o.VAE = train.Autoencoder{Source: run, Hash: hash}
		return run, errors.Join(err, json.Unmarshal([]byte(run.Model), &o.Model))
	}
	m, err := weights.Open(paths...)
	if err != nil {
		return nil, err
	}
	d, err := sampler.Describe(m)
	if err != nil {
		return m, err
	}
	hash, err := m.Hash()
	o.Model, o.VAE = d.Model, train.Autoencoder{Source: train.Initial{Model: m}, Hash: hash}
	return m, err
}
