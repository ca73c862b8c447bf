package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/cpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// benchPrompt is the prompt of the images that are timed.
const benchPrompt = "frontal chest x-ray. cardiomegaly with pleural effusion."

// benchModel is what the commands of `bench` have in common: a model and where
// it runs.
type benchModel struct {
	models         []string
	preset         string
	device, mode   string
	threads, runs  int
	json           bool
	description    sampler.Description
	stdout, stderr io.Writer
}

func benchCommand() *cobra.Command {
	var b benchModel
	f := benchFlags{benchModel: &b}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast images are made here",
		Long: `Measure how fast images are made here: the medians of --runs rounds, in which every
line of the table has its turn.`,
		Example: `  roentgo bench
  roentgo bench --preset paper --device cpu --threads 1
  roentgo bench --ops --batch 2`,
		Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return b.with(cmd, f.run)
		},
	}
	l := cmd.PersistentFlags()
	l.StringArrayVar(&b.models, "model", nil, "model file; once a file where several complete each other (default: $"+modelVariable+", else the model of this program)")
	l.StringVar(&b.preset, "preset", "", "networks of random weights instead of a model: paper, half, mini or tiny")
	l.StringVar(&b.device, "device", sampler.Auto, "auto: a real GPU if there is one, else the CPU; gpu: any adapter, also one in software; cpu")
	l.StringVar(&b.mode, "mode", cpu.Fast, "of the CPU: fast, or small for little memory")
	l.IntVar(&b.threads, "threads", 0, "of the CPU (default: one a core)")
	l.IntVar(&b.runs, "runs", 7, "rounds, whose median is told")
	l.BoolVar(&b.json, "json", false, "as one line of JSON")
	f.register(cmd.Flags())
	cmd.AddCommand(studyCommand(&b), qualityCommand(&b), growthCommand(&b))
	return cmd
}

// with checks the flags, makes the model of a preset, and runs a command.
func (b *benchModel) with(cmd *cobra.Command, run func(context.Context) error) error {
	switch {
	case b.runs < 1 || b.runs > 1000:
		return misuse{fmt.Errorf("--runs %d: 1 to 1000 are possible", b.runs)}
	case b.preset != "" && len(b.models) > 0:
		return misuse{errors.New("--preset and --model exclude each other")}
	}
	b.stdout, b.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if b.preset != "" {
		c, err := model.Preset(b.preset)
		if err != nil {
			return misuse{err}
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
	m, err := openModel(b.models)
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
func (b *benchModel) random(dir string, c model.Config) error {
	d := sampler.Description{Model: c, Schedule: schedule.ZeroTerminal(),
		Sampling: sampler.Defaults{Sampler: schedule.UniPC, Spacing: schedule.Trailing, Steps: 15, Guidance: 5,
			GuidanceInterval: schedule.Interval{High: 799}}}
	file, err := sampler.RandomFile(d, weights.F16, nil)
	if err != nil {
		return err
	}
	b.models, err = weights.Write(filepath.Join(dir, "random"+weights.Extension), file, weights.WriteOptions{Name: "random", License: "none"})
	return err
}

// open puts the model on the device.
func (b *benchModel) open(ctx context.Context, threads int) (*sampler.Sampler, error) {
	return (&sampleFlags{models: b.models, device: b.device, mode: b.mode, threads: threads}).open(ctx)
}

// say tells how far a long command is.
func (b *benchModel) say(format string, a ...any) { fmt.Fprintf(b.stderr, format+"\n", a...) }
