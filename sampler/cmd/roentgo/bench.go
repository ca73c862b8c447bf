package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler/internal/bench"
	"github.com/roentgo/roentgo/weights"
)

// benchCommand measures; package bench says what.
func benchCommand() *cobra.Command {
	return bench.Command(bench.Host{
		Open:   func(files []string) (*weights.Model, error) { return (&modelFlags{files: files}).open() },
		Misuse: func(err error) error { return misuse{err} },
		NoArgs: between(0, 0),
		CheckOutput: func(path string, overwrite bool) error {
			if err := checkOutput(path, overwrite); err != nil {
				return err
			}
			return writable(filepath.Dir(path))
		},
		Models:  "model file; once per file where several complete each other (default: $" + modelVariable + ", else the model of this program)",
		Version: version(),
	})
}
