//go:build libtorch

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
)

func diffusionCommand() *cobra.Command {
	o := train.DiffusionOptions{
		Common:   train.Common{Steps: 20000, Batch: 16, Rate: 4e-4, Warmup: 200, Decay: 0.4, EvaluateEvery: 500},
		Schedule: schedule.ZeroTerminal(),
	}
	var vaeRun, vocab, objective string
	cmd := &cobra.Command{
		Use:     "diffusion --data FOLDER --vae FOLDER --vocab FILE --run FOLDER",
		Short:   "Train the U-Net and the text encoder on the latents of a trained autoencoder",
		Example: "  roentgo-train diffusion --data runs/data --vae runs/vae --vocab vocab.txt --run runs/unet",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch objective {
			case "v":
			case "epsilon":
				o.Schedule = schedule.Study()
			default:
				return misuse{fmt.Errorf("no objective %q (there are v, with zero terminal SNR, and epsilon)", objective)}
			}
			data, err := dataset.Open(o.Data)
			if err != nil {
				return err
			}
			vae, err := train.OpenTrained(vaeRun)
			if err != nil {
				return err
			}
			defer vae.Close()
			if err := json.Unmarshal([]byte(vae.Model), &o.Model); err != nil {
				return err
			}
			hash, err := hashFile(filepath.Join(vaeRun, train.CheckpointFile))
			if err != nil {
				return err
			}
			o.VAE = train.Autoencoder{Source: vae, Hash: hash}
			if o.Vocab, err = readVocab(vocab); err != nil {
				return err
			}
			return train.Diffusion(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.StringVar(&vaeRun, "vae", "", "folder of the autoencoder's run (required)")
	f.StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the captions are taken (required)")
	f.StringVar(&objective, "objective", "v", "v, with zero terminal SNR, or epsilon, as the study")
	f.Float64Var(&o.Null, "null", 0.1, "part of the captions that become the null condition")
	f.StringArrayVar(&o.Prompts, "grid-prompt", []string{"normal chest x-ray", "pleural effusion", "cardiomegaly", "pneumothorax"}, "a row of the sample grid")
	for _, name := range []string{"data", "run", "vae", "vocab"} {
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

// readVocab cuts BERT's vocabulary down to that of the captions.
func readVocab(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return dataset.Vocabulary(strings.Fields(string(data)))
}
