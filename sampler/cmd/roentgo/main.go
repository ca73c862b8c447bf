// Command roentgo makes synthetic chest X-rays from text. The images are not
// for diagnosis.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/decimal/flags"
	"github.com/roentgo/roentgo/internal/ending"
	"github.com/roentgo/roentgo/internal/notices"
	"github.com/roentgo/roentgo/internal/terminal"
	"github.com/roentgo/roentgo/sampler"
)

func main() {
	os.Exit(run(ending.Context("roentgo"), os.Args[1:], os.Stdout, os.Stderr))
}

// misuse is an error of the command line itself.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// run executes the command line and returns the exit status: 2 for misuse, 1
// for failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "roentgo",
		Short: "Make synthetic chest X-rays from text",
		Long: `Make synthetic frontal chest X-rays from the text of a radiology report.

The images are synthetic and not for diagnosis.`,
		Example:       `  roentgo sample "pleural effusion on the left"`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	out := &terminal.Output{Writer: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok && e.GetFlag().Name == "seed" {
			err = fmt.Errorf("%w (leave --seed out for any seed)", err)
		}
		return misuse{err}
	})
	root.AddCommand(commands()...)
	flags.Decimal(root)
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.Err // what was printed did not arrive
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, ending.Interrupted("roentgo"))
		return 1
	}
	// Errors of several causes are joined by line breaks.
	fmt.Fprintln(stderr, "roentgo:", terminal.Text(strings.ReplaceAll(err.Error(), "\n", "; "), maxMessage))
	if errors.As(err, new(misuse)) || errors.Is(err, sampler.ErrRequest) || errors.Is(err, atomicfile.ErrExists) || errors.Is(err, atomicfile.ErrSpecial) ||
		strings.HasPrefix(err.Error(), "unknown command") {
		return 2
	}
	return 1
}

func commands() []*cobra.Command {
	return []*cobra.Command{sampleCommand(), infoCommand(), verifyCommand(), detectCommand(), serveCommand(), devicesCommand(), tuneCommand(), benchCommand(), licensesCommand(), versionCommand()}
}

// maxMessage is how many characters an error has at most.
const maxMessage = 2000

// between is cobra.RangeArgs with a wrong number being misuse.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return misuse{fmt.Errorf("%d arguments, %d to %d are needed (usage: %s)", len(args), least, most, cmd.UseLine())}
		}
		return nil
	}
}

// version of the program, as it was built.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "unknown"
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of this program",
		Example: "  roentgo version",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), version())
			return err
		},
	}
}

func licensesCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "licenses",
		Short:   "Print the licences of the works of others in this program",
		Example: "  roentgo licenses",
		Args:    between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(cmd.OutOrStdout(), notices.Program)
			return err
		},
	}
}
