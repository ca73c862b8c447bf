package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/dataset"
)

func prepareCommand() *cobra.Command {
	var o dataset.Options
	cmd := &cobra.Command{
		Use:     "prepare --out FOLDER MANIFEST.csv",
		Short:   "Turn images listed in a CSV into one folder that training reads",
		Example: "  roentgo-train prepare --licence-class A --out runs/data ../shared/data/cxr-open/manifest.csv",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Manifest = args[0]
			o.Progress = func(done, total int) {
				if done%200 == 0 {
					fmt.Fprintf(os.Stderr, "prepare: %d of %d rows\n", done, total)
				}
			}
			sum, err := dataset.Prepare(cmd.Context(), o)
			if err != nil {
				return err
			}
			fmt.Printf("%s: %d images of %d patients, %d to train and %d to test; %d rows left out (prepare.json says why)\n",
				o.Out, sum.Images, sum.Patients, sum.Train, sum.Test, len(sum.Skipped))
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "folder to make (required)")
	f.StringVar(&o.LicenceClass, "licence-class", "", "take only rows of this licence_class")
	f.IntVar(&o.Size, "size", 256, "pixels a side")
	f.StringVar((*string)(&o.Fit), "fit", string(dataset.FitSquash), "squash both sides, or crop the centre")
	f.Uint64Var(&o.Seed, "seed", 1, "of the split by patient")
	f.Float64Var(&o.TestFraction, "test-fraction", 0.1, "of the patients")
	cmd.MarkFlagRequired("out")
	return cmd
}
