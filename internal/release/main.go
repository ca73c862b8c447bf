// Command release builds the programs for every system into a folder, with a bill
// of materials for each and SHA-256 sums. It starts those that this machine can run
// and prints which those are:
//
//	go run ./internal/release [-out release] [-targets linux/amd64,...] [-materials]
//
// It runs in the repository, and builds what is committed there. The same commit and
// the same Go give the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit status: 2 for misuse, 1 for a failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "release", "folder of the release; one that this command made before is replaced")
	names := flags.String("targets", strings.Join(released, ","), "systems to build for")
	materials := flags.Bool("materials", false, "write the bills of materials alone")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	targets, err := parseTargets(*names)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("argument %q is not understood", flags.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(stderr, "release:", err)
		return 2
	}
	err = atomicfile.Folder(*out, sumsFile, "release", func(dir string) error {
		source, remove, err := checkOut(ctx)
		if err != nil {
			return err
		}
		defer remove()
		if *materials {
			return billsOnly(ctx, source, dir, targets)
		}
		return release(ctx, source, dir, targets, stdout)
	})
	if err != nil {
		fmt.Fprintln(stderr, "release:", err)
		return 1
	}
	fmt.Fprintln(stdout, "written:", *out)
	return 0
}

// release writes all files of a release into dir.
func release(ctx context.Context, source, dir string, targets []target, stdout io.Writer) error {
	for _, t := range targets {
		if err := t.build(ctx, source, dir); err != nil {
			return err
		}
	}
	if err := bills(ctx, source, dir, targets); err != nil {
		return err
	}
	for from, to := range map[string]string{"LICENSE": "LICENSE.txt", "internal/notices/program.txt": "NOTICES.txt"} {
		text, err := os.ReadFile(filepath.Join(source, from))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, to), text, 0o644); err != nil {
			return err
		}
	}
	if err := writeSums(dir); err != nil {
		return err
	}
	for _, t := range targets {
		line, err := t.start(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		fmt.Fprintf(stdout, "%-14s %s\n", t, line)
	}
	return nil
}

// billsOnly writes the bills of materials into dir, with their sums.
func billsOnly(ctx context.Context, source, dir string, targets []target) error {
	if err := bills(ctx, source, dir, targets); err != nil {
		return err
	}
	return writeSums(dir)
}
