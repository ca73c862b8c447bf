package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/report"
)

func reportCommand() *cobra.Command {
	var out, tensorBoard string
	var force bool
	cmd := &cobra.Command{
		Use:     "report --out PAGE.html RUN...",
		Short:   "Make one web page of runs: curves, grids, figures, options",
		Example: "  roentgo-train report --out report.html runs/vae runs/unet\n  roentgo-train report --tensorboard runs/tensorboard runs/vae runs/unet",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" && tensorBoard == "" {
				return misuse{fmt.Errorf("--out or --tensorboard is needed: what is to be written?")}
			}
			if out != "" {
				if err := report.Write(out, args, force); err != nil {
					return err
				}
				fmt.Fprintln(stdout, out)
			}
			if tensorBoard == "" {
				return nil
			}
			return report.WriteTensorBoard(tensorBoard, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "page to write")
	f.StringVar(&tensorBoard, "tensorboard", "", "folder for TensorBoard: a folder per run under it, with the run's figures and grids")
	f.BoolVar(&force, "force", false, "overwrite an existing page")
	return cmd
}
