// Package bench measures how fast images are made, and how good those of fewer
// steps are. Its commands are those of `roentgo bench`.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/randomfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// benchPrompt is the prompt of the images that are timed.
const benchPrompt = "frontal chest x-ray. cardiomegaly with pleural effusion."

// Host is what the program that has the commands gives them.
type Host struct {
	Open        func(paths []string) (*weights.Model, error) // the model of these files, or of none
	Misuse      func(error) error                            // marks an error as the user's
	NoArgs      cobra.PositionalArgs
	CheckOutput func(path string, overwrite bool) error // refuses a file that could not be written
	Models      string                                  // the help of --model
	Version     string
}

// target is what the commands of `bench` have in common: a model and where
// it runs.
type target struct {
	host           Host
	models         []string
	preset         string
	device, mode   string
	threads, runs  int
	json           bool
	description    sampler.Description
	stdout, stderr io.Writer
}

// Command makes the command `bench` with those below it.
func Command(h Host) *cobra.Command {
	b := target{host: h}
	f := benchFlags{target: &b}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast images are made here",
		Long: `Measure how fast images are made here. The table shows the medians of --runs
rounds; in each round every line takes its turn.`,
		Example: `  roentgo bench
  roentgo bench --preset paper --device cpu --threads 1
  roentgo bench --ops --batch 2`,
		Args: b.host.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return b.with(cmd, f.run)
		},
	}
	l := cmd.PersistentFlags()
	l.StringArrayVar(&b.models, "model", nil, h.Models)
	l.StringVar(&b.preset, "preset", "", "networks of random weights instead of a model: paper, half, mini or tiny")
	l.StringVar(&b.device, "device", sampler.Auto, "auto: a real GPU if there is one, else the CPU; gpu: any adapter, also one in software; cpu")
	l.StringVar(&b.mode, "mode", sampler.Fast, "of the CPU: fast, or small for little memory")
	l.IntVar(&b.threads, "threads", 0, "of the CPU (default: one per core)")
	l.IntVar(&b.runs, "runs", 7, "rounds; the table has their medians")
	l.BoolVar(&b.json, "json", false, "as one line of JSON")
	f.register(cmd.Flags())
	cmd.AddCommand(studyCommand(&b), qualityCommand(&b), growthCommand(&b))
	return cmd
}

// with checks the flags, makes the model of a preset, and runs a command.
func (b *target) with(cmd *cobra.Command, run func(context.Context) error) error {
	switch {
	case b.runs < 1 || b.runs > 1000:
		return b.host.Misuse(fmt.Errorf("--runs %d: 1 to 1000 are possible", b.runs))
	case b.preset != "" && len(b.models) > 0:
		return b.host.Misuse(errors.New("--preset and --model exclude each other"))
	}
	b.stdout, b.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if b.preset != "" {
		c, err := model.Preset(b.preset)
		if err != nil {
			return b.host.Misuse(err)
		}
		dir, err := os.MkdirTemp("", "roentgo-bench-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := b.random(dir, c); err != nil {
			return err
		}
	}
	m, err := b.host.Open(b.models)
	if err != nil {
		return err
	}
	b.description, err = sampler.Describe(m)
	if err := errors.Join(err, m.Close()); err != nil {
		return err
	}
	return run(cmd.Context())
}

// random writes a model file of random weights and takes it for the model. It
// samples with what `bench quality` found to be as good as 50 DDIM steps.
func (b *target) random(dir string, c model.Config) error {
	d := sampler.Description{Model: c, Schedule: schedule.ZeroTerminal(),
		Sampling: sampler.Defaults{Options: schedule.Options{Sampler: schedule.UniPC, Spacing: schedule.Trailing, Steps: 15, Guidance: 5,
			GuidanceInterval: schedule.Interval{High: 799}}}}
	file, err := randomfile.Make(d, weights.F16, nil)
	if err != nil {
		return err
	}
	b.models, err = weights.Write(filepath.Join(dir, "random"+weights.Extension), file, weights.WriteOptions{Name: "random", License: "none"})
	return err
}

// open puts the model on the device.
func (b *target) open(ctx context.Context, threads int) (*sampler.Sampler, error) {
	switch b.device {
	case sampler.Auto, sampler.GPU, sampler.CPU:
	default:
		return nil, b.host.Misuse(fmt.Errorf("no device %q (there are %s, %s, %s)", b.device, sampler.Auto, sampler.GPU, sampler.CPU))
	}
	if threads < 0 || threads > cpu.MaxThreads {
		return nil, b.host.Misuse(fmt.Errorf("--threads %d: 1 to %d are possible, 0 is one per core", threads, cpu.MaxThreads))
	}
	m, err := b.host.Open(b.models)
	if err != nil {
		return nil, err
	}
	if b.mode != sampler.Small { // which reads it as it goes
		defer m.Close()
	}
	return sampler.New(ctx, m, sampler.Options{Device: b.device, Threads: threads, Mode: b.mode, Tune: true})
}

// say prints how far a long command is.
func (b *target) say(format string, a ...any) { fmt.Fprintf(b.stderr, format+"\n", a...) }
