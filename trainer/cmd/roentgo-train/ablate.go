//go:build libtorch

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/trainer/runs"
)

// study is a file of ablations: a base and what each variant changes of it.
type study struct {
	Data      string         `toml:"data"`
	Preset    string         `toml:"preset"`
	Config    map[string]any `toml:"config"`    // of the networks, over the preset
	VAE       map[string]any `toml:"vae"`       // flags of 'roentgo-train vae'
	Diffusion map[string]any `toml:"diffusion"` // flags of 'roentgo-train diffusion'
	Variants  []variant      `toml:"variant"`
}

// variant is a difference to the base.
type variant struct {
	Name      string         `toml:"name"`
	Config    map[string]any `toml:"config"`
	VAE       map[string]any `toml:"vae"`
	Diffusion map[string]any `toml:"diffusion"`
}

const baseName = "base"

func ablateCommand() *cobra.Command {
	var out, shard string
	var tableOnly bool
	cmd := &cobra.Command{
		Use:   "ablate --out FOLDER FILE.toml",
		Short: "Train a base and its variants, and print a table of the differences",
		Long: `Train a base and its variants, and print a table of the differences. The file:

  data = "runs/data"
  preset = "mini"
  [vae]                          # flags of 'roentgo-train vae'
  steps = 4000
  [diffusion]                    # flags of 'roentgo-train diffusion'
  steps = 20000
  vocab = "vocab.txt"
  [[variant]]
  name = "4 latent channels"
  config = { latent_channels = 4 }
  [[variant]]
  name = "no text"
  diffusion = { text = "none" }

To resume, run the same command: it trains no complete run again, and resumes one
that was cut. --shard 0/3, 1/3 and 2/3 share the variants among three machines with
one folder; afterwards --table prints the table.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := readStudy(args[0])
			if err != nil {
				return err
			}
			index, count := 0, 1
			if shard != "" {
				if n, err := fmt.Sscanf(shard, "%d/%d", &index, &count); n != 2 || err != nil || index < 0 || index >= count {
					return misuse{fmt.Errorf("--shard %q is not i/N with i from 0 to N−1", shard)}
				}
			}
			if !tableOnly {
				for i, v := range s.Variants {
					if i%count != index {
						continue
					}
					if err := s.run(cmd.Context(), out, shard, v); err != nil {
						return fmt.Errorf("%s: %w", v.Name, err)
					}
				}
			}
			return s.table(stdout, out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "folder for the runs (required)")
	f.StringVar(&shard, "shard", "", "train only variants i, i+N, … : i/N")
	f.BoolVar(&tableOnly, "table", false, "train nothing, print the table of what is there")
	cmd.MarkFlagRequired("out")
	return cmd
}

// readStudy reads a file of ablations and checks every name in it.
func readStudy(path string) (study, error) {
	s := study{Preset: "mini"}
	meta, err := decodeTOML(path, &s)
	if err != nil {
		return s, misuse{fmt.Errorf("%s: %w", path, err)}
	}
	// What is below config, vae and diffusion is checked by who takes it.
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return s, misuse{fmt.Errorf("%s: nothing is called %q here", path, unknown[0].String())}
	}
	if s.Data == "" {
		return s, misuse{fmt.Errorf("%s: data is missing: the folder that 'prepare' made", path)}
	}
	s.Variants = append([]variant{{Name: baseName}}, s.Variants...)
	seen := map[string]bool{}
	for _, v := range s.Variants {
		if slug(v.Name) == "" || seen[slug(v.Name)] {
			return s, misuse{fmt.Errorf("%s: the variant %q has no name of its own", path, v.Name)}
		}
		seen[slug(v.Name)] = true
		c, err := model.Preset(s.Preset)
		if err != nil {
			return s, misuse{err}
		}
		if err := s.config(v).apply(&c); err != nil {
			return s, misuse{fmt.Errorf("%s: %s: %w", path, v.Name, err)}
		}
		for _, of := range []struct {
			cmd   *cobra.Command
			flags settings
		}{{onDevice(vaeCommand()), merged(s.VAE, v.VAE)}, {onDevice(diffusionCommand()), merged(s.Diffusion, v.Diffusion)}} {
			if err := of.cmd.ParseFlags(of.flags.arguments()); err != nil {
				return s, misuse{fmt.Errorf("%s: %s: %s: %w", path, v.Name, of.cmd.Name(), err)}
			}
		}
	}
	return s, nil
}

// settings are names with values, of flags or of a configuration.
type settings map[string]any

func merged(base, over map[string]any) settings {
	m := settings{}
	for _, from := range []map[string]any{base, over} {
		for k, v := range from {
			m[k] = v
		}
	}
	return m
}

// arguments are the settings as flags, in a fixed order.
func (m settings) arguments() []string {
	var args []string
	for name, value := range m {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, v := range list {
			args = append(args, fmt.Sprintf("--%s=%v", name, v))
		}
	}
	slices.Sort(args)
	return args
}

// apply changes a configuration.
func (m settings) apply(c *model.Config) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := overlayJSON(c, text); err != nil {
		return err
	}
	return c.Validate()
}

// ofVAE are those settings of the networks that shape the autoencoder.
func (m settings) ofVAE() settings {
	part := settings{}
	for name, v := range m {
		if name == "image_size" || name == "latent_channels" || name == "vae_patch" || strings.HasPrefix(name, "encoder_") || strings.HasPrefix(name, "decoder_") {
			part[name] = v
		}
	}
	return part
}

// write writes the settings as TOML.
func (m settings) write(path string) error {
	return atomicfile.Write(path, true, func(w io.Writer) error { return toml.NewEncoder(w).Encode(map[string]any(m)) })
}

func (s study) config(v variant) settings { return merged(s.Config, v.Config) }

var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a variant's name as that of a folder.
func slug(name string) string {
	return strings.Trim(notInSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

// vaeRun is the folder of a variant's autoencoder: variants that share one
// train it once, a shard.
func (s study) vaeRun(out, shard string, v variant) (string, error) {
	text, err := json.Marshal([]any{s.Preset, s.config(v).ofVAE(), merged(s.VAE, v.VAE)})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(text, shard...))
	return filepath.Join(out, "vae-"+hex.EncodeToString(sum[:4])), nil
}

// The note in a variant's folder that says which autoencoder it has.
const vaeNote = "vae.txt"

// run trains what a variant needs, each training as a process of its own.
func (s study) run(ctx context.Context, out, shard string, v variant) error {
	dir := filepath.Join(out, slug(v.Name))
	vae, err := s.vaeRun(out, shard, v)
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(vae, 0o755), atomicfile.WriteBytes(filepath.Join(dir, vaeNote), true, []byte(filepath.Base(vae)+"\n"))); err != nil {
		return err
	}
	config := filepath.Join(dir, "config.toml")
	vaeConfig := filepath.Join(vae, "config.toml")
	if err := errors.Join(s.config(v).write(config), s.config(v).ofVAE().write(vaeConfig)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "ablate: %s\n", v.Name)
	if err := runSelf(ctx, append([]string{"vae", "--data", s.Data, "--preset", s.Preset, "--config", vaeConfig, "--run", vae}, merged(s.VAE, v.VAE).arguments()...)); err != nil {
		return err
	}
	return runSelf(ctx, append([]string{"diffusion", "--data", s.Data, "--config", config, "--vae", vae, "--run", filepath.Join(dir, "unet")}, merged(s.Diffusion, v.Diffusion).arguments()...))
}

func runSelf(ctx context.Context, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it writes its checkpoint first
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("roentgo-train %s: %w", strings.Join(args, " "), err))
	}
	return ctx.Err()
}

// table prints what the variants came to, beside the base.
func (s study) table(w io.Writer, out string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "variant\tsteps\theld-out loss\tto base\tVAE SSIM\tto base\tU-Net and text, M\tminutes\tpeak MB\tpeak to base")
	var base *runs.RunFigures
	var baseSSIM float64
	for _, v := range s.Variants {
		dir := filepath.Join(out, slug(v.Name))
		note, err := regular.Read(filepath.Join(dir, vaeNote), regular.MaxText)
		if errors.Is(err, os.ErrNotExist) {
			fmt.Fprintf(t, "%s\tnot trained\n", v.Name)
			continue
		}
		if err != nil {
			return err
		}
		unet, err := runs.ReadFigures(filepath.Join(dir, "unet"))
		if errors.Is(err, os.ErrNotExist) {
			fmt.Fprintf(t, "%s\tnot trained\n", v.Name)
			continue
		}
		if err != nil {
			return err
		}
		vae, err := runs.ReadFigures(filepath.Join(out, strings.TrimSpace(string(note))))
		if err != nil {
			return err
		}
		loss, ssim := unet.Last["test_loss"], vae.Last["test_ssim"]
		if base == nil && v.Name == baseName {
			base, baseSSIM = &unet, ssim
		}
		lossTo, ssimTo, peakTo := "", "", ""
		if base != nil {
			lossTo, ssimTo = fmt.Sprintf("%+.4f", loss-base.Last["test_loss"]), fmt.Sprintf("%+.4f", ssim-baseSSIM)
			peakTo = fmt.Sprintf("%+.0f %%", 100*(unet.Last["peak_mb"]/base.Last["peak_mb"]-1))
		}
		fmt.Fprintf(t, "%s\t%d\t%.4f\t%s\t%.4f\t%s\t%.2f\t%.1f\t%.0f\t%s\n", v.Name, unet.Steps, loss, lossTo, ssim, ssimTo,
			float64(unet.Parameters)/1e6, unet.Seconds/60, unet.Last["peak_mb"], peakTo)
	}
	return t.Flush()
}
