//go:build libtorch

package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/train"
)

func textEncoderCommand() *cobra.Command {
	o := train.TextOptions{Common: train.Common{Steps: 3000, Batch: 64, Rate: 3e-4, Warmup: 300, Decay: 0.5, EvaluateEvery: 500}}
	var networks modelFlags
	var vocab string
	cmd := &cobra.Command{
		Use:   "text-encoder --vocab FILE --run FOLDER",
		Short: "Pretrain the text encoder on random texts with known facts",
		Long: `Pretrain the text encoder: it learns to read which findings a text states or
denies, the view, the sex and the age, from random texts that a grammar writes.
The run's folder is then an encoder for 'diffusion --text FOLDER', which keeps it
frozen.`,
		Example: "  roentgo-train text-encoder --vocab vocab.txt --run runs/text",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Model, err = networks.config(); err != nil {
				return err
			}
			if o.Vocab, err = readVocab(vocab, nil); err != nil {
				return err
			}
			return train.TextEncoder(cmd.Context(), o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.Lookup("data").Hidden = true
	networks.add(f)
	f.StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the texts are taken (required)")
	cmd.MarkFlagRequired("vocab")
	cmd.MarkFlagRequired("run")
	return cmd
}
