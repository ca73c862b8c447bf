//go:build libtorch

package main

import (
	"cmp"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// trainingCommands are the commands that need libtorch.
func trainingCommands() []*cobra.Command {
	list := []*cobra.Command{vaeCommand(), diffusionCommand(), distillCommand(), textEncoderCommand(), classifierCommand(), evalCommand(), seedsCommand(), synthesizeCommand(), usefulnessCommand(), pageCommand(), quantizeCommand(), ablateCommand(), benchCommand(), doctorCommand()}
	for i, c := range list {
		list[i] = onDevice(c)
	}
	return list
}

// onDevice has a command, and those below it, begin with libtorch on a device.
func onDevice(c *cobra.Command) *cobra.Command {
	var device string
	c.PersistentFlags().StringVar(&device, "device", libtorch.Auto, "auto, cpu or cuda")
	c.PersistentPreRunE = func(*cobra.Command, []string) error {
		if err := libtorch.Start(runtime.NumCPU()); err != nil {
			return err
		}
		var err error
		if usedDevice, err = libtorch.Use(device); err != nil {
			return misuse{err}
		}
		return nil
	}
	return c
}

// usedDevice is the device that training runs on.
var usedDevice string

// stepFlags adds the flags that say how a step is computed.
func stepFlags(f *pflag.FlagSet, c *train.Common) {
	f.StringVar(&c.Precision, "precision", cmp.Or(c.Precision, train.PrecisionAuto), "of the heavy operations: f32, bf16, f16 on CUDA, or auto, which measures whether f32 or bf16 is faster here")
	f.BoolVar(&c.Checkpointing, "checkpointing", false, "keep no intermediate values: less memory, more time")
	f.IntVar(&c.QueryBlock, "query-block", 0, "queries that attention takes at a time: less memory; 0: all")
	f.BoolFunc("channels-last", "images in NHWC order in memory: faster convolutions on some devices", func(on string) error {
		libtorch.ChannelsLast(on == "true")
		return nil
	})
}

// commonFlags adds the flags that the trainings on images have.
func commonFlags(f *pflag.FlagSet, c *train.Common) {
	f.StringVar(&c.Data, "data", "", "folder that 'prepare' made (required)")
	runFlags(f, c)
}

// runFlags adds the flags that all trainings have.
func runFlags(f *pflag.FlagSet, c *train.Common) {
	f.StringVar(&c.Run, "run", "", "folder of this run: checkpoint, log, grids; an unfinished run is resumed (required)")
	f.IntVar(&c.Steps, "steps", c.Steps, "optimizer steps in all")
	f.IntVar(&c.Batch, "batch", c.Batch, "images per forward pass")
	f.IntVar(&c.Accumulate, "accumulate", cmp.Or(c.Accumulate, 1), "forward passes per optimizer step")
	f.Float64Var(&c.Rate, "rate", c.Rate, "peak learning rate")
	f.IntVar(&c.Warmup, "warmup", c.Warmup, "steps of linear warm-up")
	f.Float64Var(&c.Decay, "decay", c.Decay, "part of the steps, at the end, in which the rate falls to zero")
	f.StringVar(&c.DecayShape, "decay-shape", train.DecayCosine, "how it falls: cosine or linear")
	f.Float64Var(&c.WeightDecay, "weight-decay", 0.01, "of AdamW")
	f.Float64Var(&c.Clip, "clip", 1, "largest norm of the gradient; 0: no limit")
	f.Float64Var(&c.EMA, "ema", 0.999, "decay of the average of the weights")
	stepFlags(f, c)
	f.BoolVar(&c.AllowChanges, "allow-changes", false, "resume a run although its data or options have changed since it began")
	f.IntVar(&c.Keep, "keep", 2, "checkpoints to keep, beside the best")
	f.Uint64Var(&c.Seed, "seed", 1, "of all random numbers")
	f.Float64Var(&c.MaxMinutes, "max-minutes", 0, "stop with a checkpoint after that long; 0: no limit")
	f.Float64Var(&c.CheckpointEvery, "checkpoint-minutes", 3, "minutes between checkpoints")
	f.IntVar(&c.EvaluateEvery, "evaluate-every", c.EvaluateEvery, "steps between evaluations, each with a grid")
}

func vaeCommand() *cobra.Command {
	o := train.VAEOptions{Common: train.Common{Steps: 4000, Batch: 4, Rate: 1e-3, Warmup: 100, Decay: 0.4, EvaluateEvery: 200}}
	var networks modelFlags
	var begin, denoiser []string
	cmd := &cobra.Command{
		Use:     "vae --data FOLDER --run FOLDER",
		Short:   "Train the autoencoder",
		Example: "  roentgo-train vae --data runs/data --run runs/vae --preset mini",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Model, err = networks.config(); err != nil {
				return err
			}
			if len(begin) > 0 {
				a, err := runs.OpenAutoencoder(begin)
				if err != nil {
					return err
				}
				defer a.Close()
				o.Init = a
			}
			data, err := dataset.Open(o.Data)
			if err != nil {
				return err
			}
			defer data.Close()
			if len(denoiser) > 0 {
				if o.Denoiser, err = weights.Open(denoiser...); err != nil {
					return err
				}
				defer o.Denoiser.Close()
			}
			return train.VAE(cmd.Context(), data, o, os.Stderr)
		},
	}
	f := cmd.Flags()
	commonFlags(f, &o.Common)
	networks.add(f)
	f.StringArrayVar(&begin, "init", nil, "run of an autoencoder to begin from, or a model file, once per file")
	f.BoolVar(&o.DecoderAlone, "decoder-alone", false, "keep the encoder as it is, so that latents stay the same")
	f.Float64Var(&o.DecoderNoise, "decoder-noise", 0.05, "deviation of the noise of latents then, as a part of theirs")
	f.StringArrayVar(&denoiser, "denoiser", nil, "model file, once per file, whose predictions of noised latents the decoder learns on then, in half of each batch")
	f.IntVar(&o.DenoiseTo, "denoise-to", 250, "timestep up to which they are noised")
	f.Float64Var(&o.KL, "kl", 1e-4, "weight of the divergence")
	f.Float64Var(&o.Equivariance, "equivariance", 0, "weight of the error of the latent decoded at half its size; 0: none")
	f.Float64Var(&o.SSIM, "ssim", 0.1, "weight of 1 − SSIM")
	f.StringVar(&o.Reconstruction, "reconstruction", train.ReconstructionL1, "distance of the decoded image from the image: l1 or l2")
	f.StringVar(&o.Perceptual, "perceptual", "", "TorchScript file of a perceptual distance, such as LPIPS: a module of two batches (B, 1, H, W) in [−1, 1]")
	f.Float64Var(&o.PerceptualWeight, "perceptual-weight", 0.1, "of that distance")
	f.Float64Var(&o.Adversarial, "adversarial", 0, "weight of a patch discriminator; 0: none")
	f.IntVar(&o.AdversarialFrom, "adversarial-from", 1000, "step from which on it is there")
	f.Float64Var(&o.AdversarialNoise, "adversarial-noise", 0.04, "deviation of the noise on what it sees, where an image spans 2")
	f.Float64Var(&o.Matching, "matching", 0, "weight of the distance of its features beside its score")
	f.IntVar(&o.TestImages, "test-images", 48, "test images that an evaluation takes; 0: all")
	cmd.MarkFlagRequired("data")
	cmd.MarkFlagRequired("run")
	return cmd
}
