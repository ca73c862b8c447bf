//go:build !libtorch

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

var errWithout = errors.New("this program was built without libtorch: run 'make libtorch', which installs it, then 'make trainer'")

// trainingCommands are those of a program that cannot train: they say why.
func trainingCommands() []*cobra.Command {
	var list []*cobra.Command
	for _, name := range []string{"text-encoder", "vae", "diffusion", "distill", "classifier", "eval", "seeds", "page", "quantize", "ablate", "bench", "doctor"} {
		list = append(list, &cobra.Command{Use: name, Short: "Not in this program, which was built without libtorch", DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error { return errWithout }})
	}
	return list
}
