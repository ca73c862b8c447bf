//go:build libtorch

package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

func textEncoderCommand() *cobra.Command {
	// The image networks of the preset are not used here.
	o := train.TextEncoderOptions{
		Common: train.Common{Steps: 4000, Batch: 32, Accumulate: 2, Precision: "f32", Rate: 1e-3, Warmup: 300, Decay: 0.9, EvaluateEvery: 500},
		Model:  model.Mini(), MinHeldF1: 0.98, MinSpread: 0.2,
	}
	o.Model.TextLayers, o.Model.TextIntermediate = 2, 512
	var vocab, config string
	cmd := &cobra.Command{
		Use:     "text-encoder --vocab FILE --run FOLDER",
		Short:   "Train a text encoder on the facts of random captions, for 'diffusion --text FOLDER'",
		Example: "  roentgo-train text-encoder --vocab vocab.txt --run runs/text",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := overlay(&o.Model, config)
			if err != nil {
				return err
			}
			if o.Vocab, err = readVocab(vocab, nil); err != nil {
				return err
			}
			return train.TextEncoder(cmd.Context(), o, os.Stderr)
		},
	}
	f := cmd.Flags()
	runFlags(f, &o.Common)
	f.StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the captions are taken (required)")
	f.StringVar(&config, "config", "", "TOML file with what differs from the usual encoder, such as text_layers = 3")
	f.Float64Var(&o.SensesLoss, "senses-loss", 0.5, "weight of the loss of what each token says: which finding, and whether it is there")
	for _, name := range []string{"vocab", "run"} {
		cmd.MarkFlagRequired(name)
	}
	cmd.AddCommand(extractCommand())
	return cmd
}

// extractCommand writes the encoder of a model file.
func extractCommand() *cobra.Command {
	var files []string
	var out string
	cmd := &cobra.Command{
		Use:     "extract --model FILE --out FOLDER",
		Short:   "Write the text encoder of a model file to a folder, for 'diffusion --text FOLDER'",
		Example: "  roentgo-train text-encoder extract --model model" + weights.Extension + " --out runs/text",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			m, err := weights.Open(files...)
			if err != nil {
				return err
			}
			defer m.Close()
			return train.ExtractText(m, out)
		},
	}
	cmd.Flags().StringArrayVar(&files, "model", nil, "model file; once per file where several complete each other (required)")
	cmd.Flags().StringVar(&out, "out", "", "folder to make (required)")
	for _, name := range []string{"model", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}
