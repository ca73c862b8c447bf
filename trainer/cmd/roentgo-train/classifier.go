//go:build libtorch

package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
)

func classifierCommand() *cobra.Command {
	o := train.ClassifierOptions{Common: train.Common{Steps: 2400, Batch: 32, Rate: 1e-3, Warmup: 100, Decay: 0.8, EvaluateEvery: 400}, Model: train.DefaultClassifier()}
	cmd := &cobra.Command{
		Use:     "classifier --data FOLDER --run FOLDER",
		Short:   "Train the judge of findings that 'eval' measures obedience with",
		Example: "  roentgo-train classifier --data runs/data --run runs/classifier",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := dataset.Open(o.Data)
			if err != nil {
				return err
			}
			defer data.Close()
			o.Model.ImageSize = data.Size() / 2
			return train.TrainClassifier(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.StringArrayVar(&o.LeaveOut, "leave-out", nil, leaveOutHelp)
	cmd.MarkFlagRequired("data")
	cmd.MarkFlagRequired("run")
	return cmd
}

const leaveOutHelp = "source of images that are left out, as in the manifest's column source"
