//go:build libtorch

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
)

func distillCommand() *cobra.Command {
	o := train.DistillOptions{DiffusionOptions: train.DiffusionOptions{
		Common:  train.Common{Steps: 2000, Batch: 16, Rate: 2e-4, Warmup: 100, Decay: 0.5, EvaluateEvery: 500},
		Prompts: train.DefaultPrompts,
	}}
	var vae, teacher []string
	var text, interval string
	cmd := &cobra.Command{
		Use:   "distill --data FOLDER --vae FOLDER --teacher FOLDER --run FOLDER",
		Short: "Train a diffusion model by another: guidance in one pass, then fewer steps",
		Example: `  roentgo-train distill --data runs/data --vae runs/vae --teacher runs/unet --guidance 2 --guide-within-view --student-steps 8 --run runs/eight
  roentgo-train distill --data runs/data --vae runs/vae --teacher runs/eight --student-steps 4 --run runs/four
  roentgo-train export --vae runs/vae --diffusion runs/four --sampler ddim --steps 4 --guidance 1 --out fast.safetensors.zst`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.GuidanceInterval, err = schedule.ParseInterval(interval); err != nil {
				return misuse{fmt.Errorf("--guidance-interval %w", err)}
			}
			data, autoencoder, err := openInputs(o.Data, vae)
			if err != nil {
				return err
			}
			defer data.Close()
			defer autoencoder.Close()
			taught, err := runs.OpenTeacher(teacher, text)
			if err != nil {
				return err
			}
			defer taught.Close()
			o.VAE, o.Teacher = autoencoder, taught
			o.Model, o.Schedule, o.Text, o.Vocab = taught.Model, taught.Schedule, taught.Encoder, taught.Vocab
			return train.Distill(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	f.StringArrayVar(&vae, "vae", nil, vaeHelp)
	f.StringArrayVar(&teacher, "teacher", nil, "run of the model to learn from, or a model file, once per file (required)")
	f.StringVar(&text, "text", "", "folder of the teacher's frozen text encoder (default: where it was in a run's training; the encoder of a model file learns on)")
	f.Float64Var(&o.Guidance, "guidance", 1, "scale of the teacher's guidance; 1: none")
	f.StringVar(&interval, "guidance-interval", "0-799", "timesteps at which the teacher is guided, as LOW-HIGH or LOW-, or all")
	f.BoolVar(&o.GuideWithinView, "guide-within-view", false, "guide the teacher away from all images of the view that a caption states, and not from all images")
	f.StringVar(&o.Spacing, "spacing", schedule.Quadratic, "spacing of the steps of teacher and student: "+schedule.Trailing+" or "+schedule.Quadratic)
	f.IntVar(&o.StudentSteps, "student-steps", 0, "steps of DDIM that the student learns to sample in, from a teacher that takes two for each; 0: the student learns what the teacher predicts, at every timestep")
	f.Float64Var(&o.Null, "null", 0.1, "part of the captions that become the null condition")
	f.Float64Var(&o.ViewAlone, "view-alone", 0.1, "part of the captions that state the view alone")
	f.BoolVar(&o.Balance, "balance", true, balanceHelp)
	f.IntVar(&o.Versions, "versions", 4, versionsHelp)
	f.StringArrayVar(&o.LeaveOut, "leave-out", nil, leaveOutHelp)
	for _, name := range []string{"data", "run", "vae", "teacher"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}
