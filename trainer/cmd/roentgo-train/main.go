// Command roentgo-train prepares data, trains the networks and exports model
// files. Training itself needs libtorch, and is there when it was built with
// -tags libtorch.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/decimal/flags"
	"github.com/roentgo/roentgo/internal/ending"
	"github.com/roentgo/roentgo/internal/terminal"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/fetch"
	"github.com/roentgo/roentgo/trainer/report"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

func main() {
	os.Exit(run(ending.Context("roentgo-train"), os.Args[1:]))
}

// stdout is where commands print their results.
var stdout = &terminal.Output{Writer: os.Stdout}

// misuse is an error of the command line itself.
type misuse struct{ error }

// run executes the command line and returns the exit status: 2 for misuse, 1
// for failure. A training that stops at its time limit has not failed; one that
// a signal stops is not finished, and a script must not go on with it.
func run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "roentgo-train",
		Short:         "Prepare data, train the networks of roentgo and export model files",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return misuse{err} })
	root.SetOut(stdout)
	root.SetArgs(args)
	root.AddCommand(fetchCommand(), prepareCommand(), textCommand(), reportCommand(), exportCommand(), initCommand())
	root.AddCommand(trainingCommands()...)
	flags.Decimal(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = stdout.Err // what was printed did not arrive
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && !errors.Is(err, runs.ErrStopped):
		fmt.Fprintln(os.Stderr, ending.Interrupted("roentgo-train"))
		return 1
	}
	// Errors of several causes are joined by line breaks.
	fmt.Fprintln(os.Stderr, "roentgo-train:", terminal.Text(strings.ReplaceAll(err.Error(), "\n", "; "), maxMessage))
	switch {
	case errors.Is(err, runs.ErrStopped) && ctx.Err() == nil:
		return 0
	case errors.As(err, new(misuse)), errors.Is(err, runs.ErrOptions), errors.Is(err, dataset.ErrOptions), errors.Is(err, fetch.ErrOptions), errors.Is(err, report.ErrExists),
		errors.Is(err, model.ErrConfig), errors.Is(err, weights.ErrExists),
		strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "required flag"): // cobra has no types for them
		return 2
	}
	return 1
}

// maxMessage is how many characters an error has at most.
const maxMessage = 2000

// exactly is cobra.ExactArgs with a wrong number being misuse.
func exactly(n int) cobra.PositionalArgs { return counted(cobra.ExactArgs(n)) }

// atLeast is cobra.MinimumNArgs with a wrong number being misuse.
func atLeast(n int) cobra.PositionalArgs { return counted(cobra.MinimumNArgs(n)) }

func counted(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return misuse{fmt.Errorf("%w (usage: %s)", err, cmd.UseLine())}
		}
		return nil
	}
}
