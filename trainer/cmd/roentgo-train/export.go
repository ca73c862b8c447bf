package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/weights"
)

// fileFlags are the flags of a command that writes a model file.
type fileFlags struct {
	runs.FileOptions
	kind     string
	piece    float64
	interval string
}

func (o *fileFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.Out, "out", "", "model file to write, NAME"+weights.Extension+" (required)")
	f.StringVar(&o.For, "for", runs.ForSampling, "sampling: quantized, without the encoder; training: everything, in float16")
	f.StringVar(&o.kind, "kind", "", "how large weights are kept: f32, f16, int8, int4 (default int8 for sampling, f16 for training)")
	f.StringSliceVar(&o.Int4, "int4", nil, "groups of layers to keep in int4 in a file of int8, with commas between them: 'quantize' names them and measures what it costs")
	f.BoolVar(&o.Overwrite, "force", false, "overwrite existing files")
	f.Float64Var(&o.piece, "piece-mb", 0, "split into files of at most so many megabytes of content; 0: one file")
	f.StringVar(&o.Name, "name", "roentgo", "for the manifest")
	f.StringVar(&o.Version, "version", "", "for the manifest")
	f.StringVar(&o.License, "license", "", "of the weights, for the manifest")
	f.StringVar(&o.TrainingData, "training-data", "", "what the weights were trained on, for the manifest")
	f.StringVar(&o.Sampling.Sampler, "sampler", "", "default sampler (default by the schedule, as are all sampling defaults)")
	f.StringVar(&o.Sampling.Spacing, "spacing", "", "default spacing")
	f.IntVar(&o.Sampling.Steps, "steps", 0, "default steps")
	f.Float64Var(&o.Sampling.Guidance, "guidance", 0, "default guidance")
	f.Float64Var(&o.Sampling.Rescale, "rescale", 0, "default guidance rescaling")
	f.BoolVar(&o.Sampling.GuideWithinView, "guide-within-view", false, "guide away from all images of the view that a prompt states, and not from all images: for a model trained with --view-alone")
	f.StringVar(&o.interval, "guidance-interval", "", "default timesteps that are guided, as LOW-HIGH or LOW-, or all")
}

// options completes the flags for a schedule.
func (o *fileFlags) options(s schedule.Config) (runs.FileOptions, error) {
	o.Kind = runs.KindFor(o.For)
	if o.kind != "" {
		var err error
		if o.Kind, err = weights.ParseKind(o.kind); err != nil {
			return o.FileOptions, misuse{err}
		}
	}
	o.MaxPiece = int64(o.piece * 1e6)
	d := runs.DefaultSampling(s)
	o.Sampling.GuidanceInterval = d.GuidanceInterval
	if o.interval != "" {
		var err error
		if o.Sampling.GuidanceInterval, err = schedule.ParseInterval(o.interval); err != nil {
			return o.FileOptions, misuse{fmt.Errorf("--guidance-interval %w", err)}
		}
	}
	if o.Sampling.Sampler == "" {
		o.Sampling.Sampler = d.Sampler
	}
	if o.Sampling.Spacing == "" {
		o.Sampling.Spacing = d.Spacing
	}
	if o.Sampling.Steps == 0 {
		o.Sampling.Steps = d.Steps
	}
	if o.Sampling.Guidance == 0 {
		o.Sampling.Guidance = d.Guidance
	}
	return o.FileOptions, nil
}

func exportCommand() *cobra.Command {
	var o fileFlags
	var vae []string
	var diffusion string
	cmd := &cobra.Command{
		Use:     "export --vae FOLDER --diffusion FOLDER --out NAME" + weights.Extension,
		Short:   "Write a model file of the averaged weights of two runs",
		Example: "  roentgo-train export --vae runs/vae --diffusion runs/unet --out model" + weights.Extension,
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			trained, err := runs.OpenTrained(diffusion)
			if err != nil {
				return err
			}
			var s schedule.Config
			err = json.Unmarshal([]byte(trained.Schedule), &s)
			trained.Close()
			if err != nil {
				return fmt.Errorf("%w: %s states no schedule", runs.ErrCheckpoint, diffusion)
			}
			options, err := o.options(s)
			if err != nil {
				return err
			}
			return written(runs.Export(vae, diffusion, options))
		},
	}
	o.add(cmd.Flags())
	cmd.Flags().StringArrayVar(&vae, "vae", nil, vaeHelp)
	cmd.Flags().StringVar(&o.Text, "text", "", "folder of the frozen text encoder (default: where it was in training)")
	cmd.Flags().StringVar(&diffusion, "diffusion", "", "folder of the diffusion model's run (required)")
	for _, name := range []string{"out", "vae", "diffusion"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// written lists the files that were written.
func written(paths []string, err error) error {
	for _, path := range paths {
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: %d bytes\n", path, st.Size())
	}
	return err
}

func initCommand() *cobra.Command {
	var o fileFlags
	var networks modelFlags
	var vocab, objective string
	var seed uint64
	cmd := &cobra.Command{
		Use:     "init --preset NAME --vocab FILE --out NAME" + weights.Extension,
		Short:   "Write a model file of random weights, to try out networks before they are trained",
		Example: "  roentgo-train init --preset paper --vocab vocab.txt --out random" + weights.Extension,
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := networks.config()
			if err != nil {
				return err
			}
			s, err := objectiveOf(objective)
			if err != nil {
				return err
			}
			words, err := readVocab(vocab, nil)
			if err != nil {
				return err
			}
			options, err := o.options(s)
			if err != nil {
				return err
			}
			return written(runs.Init(c, s, words, seed, options))
		},
	}
	o.add(cmd.Flags())
	networks.add(cmd.Flags())
	cmd.Flags().StringVar(&vocab, "vocab", "", "BERT's vocab.txt, of which the words of the captions are taken (required)")
	cmd.Flags().StringVar(&objective, "objective", "v", objectiveHelp)
	cmd.Flags().Uint64Var(&seed, "seed", 1, "of the weights")
	for _, name := range []string{"out", "vocab"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

const vaeHelp = "folder of the autoencoder's run, or a model file for training, once per file (required)"

const objectiveHelp = "v, with zero terminal SNR, or epsilon, as the study"

func objectiveOf(name string) (schedule.Config, error) {
	switch name {
	case "v":
		return schedule.ZeroTerminal(), nil
	case "epsilon":
		return schedule.Study(), nil
	}
	return schedule.Config{}, misuse{fmt.Errorf("no objective %q (there are v, with zero terminal SNR, and epsilon)", name)}
}

// modelFlags choose the networks: a preset, and a TOML file that changes it.
type modelFlags struct {
	preset, file string
}

func (m *modelFlags) add(f *pflag.FlagSet) {
	f.StringVar(&m.preset, "preset", "mini", "networks: paper, half, mini or tiny")
	f.StringVar(&m.file, "config", "", "TOML file with what differs from the preset, such as unet_channels = [64, 128, 192, 256]")
}

func (m *modelFlags) config() (model.Config, error) {
	c, err := model.Preset(m.preset)
	if err != nil {
		return c, misuse{err}
	}
	if err := overlay(&c, m.file); err != nil {
		return c, err
	}
	return c, c.Validate()
}

// overlay changes the fields of c that a TOML file names; no file, no change.
func overlay(c *model.Config, file string) error {
	if file == "" {
		return nil
	}
	var fields map[string]any
	if _, err := decodeTOML(file, &fields); err != nil {
		return misuse{fmt.Errorf("%s: %w", file, err)}
	}
	// By way of JSON, whose names are those of model files.
	text, err := json.Marshal(fields)
	if err != nil { // nan and inf, which TOML has and JSON has not
		return misuse{fmt.Errorf("%s: %w", file, err)}
	}
	if err := overlayJSON(c, text); err != nil {
		return misuse{fmt.Errorf("%s: %w", file, err)}
	}
	return nil
}

// The largest files of settings and of vocabularies that are read, in bytes.
const (
	maxTOML  = 1 << 20
	maxVocab = 64 << 20
)

// decodeTOML reads a file of settings.
func decodeTOML(path string, to any) (toml.MetaData, error) {
	text, err := regular.Read(path, maxTOML)
	if err != nil {
		return toml.MetaData{}, err
	}
	return toml.Decode(string(text), to)
}

func overlayJSON(c *model.Config, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(c)
}

// readVocab cuts BERT's vocabulary down to that of the captions, and of the
// reports where there is data.
func readVocab(path string, data *dataset.Prepared) ([]string, error) {
	text, err := regular.Read(path, maxVocab)
	if err != nil {
		return nil, err
	}
	var reports []string
	if data != nil {
		for _, r := range data.Records {
			reports = append(reports, r.Report)
		}
	}
	return dataset.Vocabulary(strings.Fields(string(text)), reports)
}
