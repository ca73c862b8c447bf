//go:build libtorch

package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// The text encoders that are no folder.
const (
	textCompact = "compact"
	textNone    = "none"
)

func diffusionCommand() *cobra.Command {
	o := train.DiffusionOptions{
		Common:   train.Common{Steps: 20000, Batch: 16, Rate: 4e-4, Warmup: 200, Decay: 0.4, EvaluateEvery: 500},
		Schedule: schedule.ZeroTerminal(),
	}
	var vocab, objective, text, config string
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
			data, autoencoder, err := openInputs(o.Data, vae)
			if err != nil {
				return err
			}
			defer data.Close()
			defer autoencoder.Close()
			o.VAE, o.Model = autoencoder, autoencoder.Model
			if err := overlay(&o.Model, config); err != nil {
				return err
			}
			if st, err := os.Stat(first(begin)); err == nil && st.IsDir() {
				trained, err := runs.OpenTrained(begin[0])
				if err != nil {
					return err
				}
				defer trained.Close()
				o.Init = trained
			} else if len(begin) > 0 {
				m, err := weights.Open(begin...)
				if err != nil {
					return err
				}
				defer m.Close()
				o.Init = runs.Initial{Model: m}
				if vocab == "" && text == textCompact {
					if o.Vocab, err = runs.FileVocab(m); err != nil {
						return err
					}
				}
			}
			switch {
			case text == textNone:
				o.Model.TextLayers = 0
			case text != textCompact:
				if o.Text, err = bert.Open(text); err != nil {
					return err
				}
				defer o.Text.Close()
			case vocab != "":
				if o.Vocab, err = readVocab(vocab, data); err != nil {
					return err
				}
			case o.Vocab == nil:
				return misuse{errors.New("--vocab is needed where neither --init brings a vocabulary nor --text an encoder")}
			}
			return train.Diffusion(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.StringArrayVar(&vae, "vae", nil, vaeHelp)
	f.StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the captions are taken (default: that of the --init file)")
	f.StringVar(&text, "text", textCompact, "text encoder: compact, trained with the rest; none; or the folder of a BERT in the layout of transformers, such as BioBERT, which stays frozen")
	f.StringVar(&config, "config", "", "TOML file with what differs from the autoencoder's configuration, such as unet_channels = [96, 160, 352, 352]")
	f.StringArrayVar(&begin, "init", nil, "run to begin from, or a model file, once per file")
	f.StringVar(&objective, "objective", "v", objectiveHelp)
	f.Float64Var(&o.Null, "null", 0.1, "part of the captions that become the null condition")
	f.Float64Var(&o.ViewAlone, "view-alone", 0.1, "part of the captions that state the view alone, for guidance within a view")
	f.BoolVar(&o.Balance, "balance", true, balanceHelp)
	f.IntVar(&o.Versions, "versions", 4, versionsHelp)
	f.StringArrayVar(&o.LeaveOut, "leave-out", nil, leaveOutHelp)
	f.StringArrayVar(&o.Prompts, "grid-prompt", train.DefaultPrompts, "a row of the sample grid; the first is what the others are compared with")
	for _, name := range []string{"data", "run", "vae"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

const (
	balanceHelp  = "show images with rare findings, or with a finding in its rarer view, more often"
	versionsHelp = "versions of each training image, the image as it is counted; the others are slightly zoomed, shifted, turned, brighter or darker"
)

// first is the first of a list; "" where there is none.
func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
