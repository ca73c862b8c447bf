//go:build libtorch

// Command roentgo-train prepares data, trains the networks and exports model
// files.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/train"
)

func main() {
	if err := libtorch.Start(runtime.NumCPU()); err != nil {
		fmt.Fprintln(os.Stderr, "roentgo-train:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// misuse is an error of the command line itself.
type misuse struct{ error }

// run executes the command line and returns the exit status: 2 for misuse, 1
// for failure. A training that stops at its time limit has not failed.
func run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "roentgo-train",
		Short:         "Prepare data, train the networks of roentgo and export model files",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse{err} })
	root.SetArgs(args)
	root.AddCommand(prepareCommand(), vaeCommand(), diffusionCommand())
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, train.ErrStopped):
		fmt.Fprintln(os.Stderr, "roentgo-train:", err)
		return 0
	}
	fmt.Fprintln(os.Stderr, "roentgo-train:", err)
	if errors.As(err, new(misuse)) || errors.Is(err, train.ErrOptions) || errors.Is(err, dataset.ErrOptions) {
		return 2
	}
	return 1
}
