//go:build libtorch

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/trainer/libtorch"
	"github.com/roentgo/roentgo/trainer/train"
)

func benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure training steps here: time and memory",
		RunE: func(*cobra.Command, []string) error {
			return misuse{fmt.Errorf("bench what? There are 'bench train', one configuration, and 'bench memory', the switches that save memory")}
		},
	}
	cmd.AddCommand(benchTrainCommand(), benchMemoryCommand())
	return cmd
}

// benchLine is a measurement as JSON.
type benchLine struct {
	StepMS           float64   `json:"step_ms"` // median
	SamplesPerSecond float64   `json:"samples_per_second"`
	PeakMB           float64   `json:"peak_mb"`
	BaseMB           float64   `json:"base_mb"` // parameters, average and moments alone
	AllMS            []float64 `json:"all_ms"`
	Libtorch         string    `json:"libtorch"`
	Device           string    `json:"device"`
}

func benchTrainCommand() *cobra.Command {
	o := train.BenchOptions{Common: train.Common{Precision: "bf16", Batch: 16, Steps: 7, Accumulate: 1, Clip: 1, EMA: 0.999}, Tokens: 64}
	var networks modelFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "train",
		Short:   "Time and peak memory of a training step on random values",
		Example: "  roentgo-train bench train --preset paper --batch 4 --accumulate 4 --checkpointing",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Model, err = networks.config(); err != nil {
				return err
			}
			r, err := train.Bench(cmd.Context(), o)
			if err != nil {
				return err
			}
			sorted := slices.Sorted(slices.Values(r.Milliseconds))
			line := benchLine{StepMS: sorted[len(sorted)/2], PeakMB: float64(r.PeakBytes) / 1e6, BaseMB: float64(r.BaseBytes) / 1e6,
				AllMS: r.Milliseconds, Libtorch: libtorch.Version(), Device: usedDevice}
			line.SamplesPerSecond = float64(o.Batch*o.Accumulate) / line.StepMS * 1e3
			if asJSON {
				return json.NewEncoder(stdout).Encode(line)
			}
			fmt.Fprintf(stdout, "%s, batch %d × %d, %s: %.0f ms a step (median of %d), %.2f samples/s, peak %.0f MB, of which %.0f MB before the first step; libtorch %s on %s\n",
				networks.preset, o.Batch, o.Accumulate, o.Precision, line.StepMS, len(sorted), line.SamplesPerSecond, line.PeakMB, line.BaseMB, line.Libtorch, line.Device)
			return nil
		},
	}
	f := cmd.Flags()
	networks.add(f)
	stepFlags(f, &o.Common)
	f.IntVar(&o.Batch, "batch", o.Batch, "samples per forward pass")
	f.IntVar(&o.Accumulate, "accumulate", o.Accumulate, "forward passes per optimizer step")
	f.IntVar(&o.Steps, "steps", o.Steps, "to measure; one more warms up")
	f.IntVar(&o.Tokens, "tokens", o.Tokens, "of the context")
	f.BoolVar(&o.VAE, "vae", false, "steps of the autoencoder instead of the U-Net")
	f.BoolVar(&asJSON, "json", false, "print a line of JSON")
	return cmd
}

// memorySwitches are the rows of 'bench memory', with what the study claims of
// each (its sections 3.4 and 4).
var memorySwitches = []struct{ name, claim, flags string }{
	{"none (f32)", "", "--precision f32"},
	{"gradient checkpointing", "memory −70 %, time +20 %", "--precision f32 --checkpointing"},
	{"mixed precision", "memory −50 % (fp16)", "--precision bf16"},
	{"query blocks of 256", "", "--precision f32 --query-block 256"},
	{"channels last", "", "--precision f32 --channels-last"},
	{"all but channels last", "7.2 GB in all, with its optimizer and data", "--precision bf16 --checkpointing --query-block 256"},
}

func benchMemoryCommand() *cobra.Command {
	var preset string
	var batch, accumulate, steps int
	cmd := &cobra.Command{
		Use:   "memory",
		Short: "Peak memory and time of a step with each switch that saves memory, alone and together",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "%s, U-Net, batch %d × %d\tpeak MB\tof it for the step\tms a step\tmemory of the step\ttime\tthe study claims\n", preset, batch, accumulate)
			var base benchLine
			for i, s := range memorySwitches {
				// A process each: the peak of a process never falls.
				args := append([]string{"bench", "train", "--json", "--preset", preset, "--batch", fmt.Sprint(batch), "--accumulate", fmt.Sprint(accumulate),
					"--steps", fmt.Sprint(steps), "--device", usedDevice}, strings.Fields(s.flags)...)
				if strings.Contains(s.flags, "bf16") && !libtorch.HasBF16() {
					fmt.Fprintf(w, "%s\tthis processor does not compute in bfloat16\n", s.name)
					continue
				}
				fmt.Fprintf(os.Stderr, "bench: %s\n", s.name)
				text, err := exec.CommandContext(cmd.Context(), self, args...).Output()
				if err != nil {
					return errors.Join(cmd.Context().Err(), fmt.Errorf("bench: %s: %w", s.name, err))
				}
				var line benchLine
				if err := json.Unmarshal(text, &line); err != nil {
					return err
				}
				if i == 0 {
					base = line
				}
				fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.0f\t%+.0f %%\t%+.0f %%\t%s\n", s.name, line.PeakMB, line.PeakMB-line.BaseMB, line.StepMS,
					100*((line.PeakMB-line.BaseMB)/(base.PeakMB-base.BaseMB)-1), 100*(line.StepMS/base.StepMS-1), s.claim)
			}
			w.Flush()
			if usedDevice != libtorch.CUDA {
				fmt.Fprintln(stdout, "measured on the CPU, as the resident set; on CUDA: unmeasured")
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&preset, "preset", "paper", "networks: paper, half, mini or tiny")
	f.IntVar(&batch, "batch", 4, "samples per forward pass")
	f.IntVar(&accumulate, "accumulate", 4, "forward passes per optimizer step")
	f.IntVar(&steps, "steps", 2, "to measure")
	return cmd
}

// doctorCommand says what training would run on.
func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say which libtorch and which devices are here, and what is missing",
		Args:  exactly(0),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(stdout, "libtorch  %s\n", libtorch.Version())
			fmt.Fprintf(stdout, "CPU       %s/%s, %d threads\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
			fmt.Fprintf(stdout, "CUDA      %s\n", libtorch.CUDAStatus())
			fmt.Fprintf(stdout, "training  on %s (--device chooses)\n", usedDevice)
			if usedDevice != libtorch.CUDA {
				fmt.Fprintln(stdout, "To train on an NVIDIA card: install its driver and PyTorch of this version with CUDA (pip install torch), and start with LD_LIBRARY_PATH set to the folder of its libraries (…/site-packages/torch/lib).")
			}
			return nil
		},
	}
}
