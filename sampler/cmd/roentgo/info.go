package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/graph"
	"github.com/roentgo/roentgo/internal/terminal"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/internal/gpu"
	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/schedule"
	"github.com/roentgo/roentgo/weights"
)

// modelInfo is what `info` prints about a model.
type modelInfo struct {
	Hash         string              `json:"model_sha256"`
	Name         string              `json:"name,omitempty"`
	Version      string              `json:"version,omitempty"`
	License      string              `json:"license,omitempty"`
	TrainingData string              `json:"training_data,omitempty"`
	Parts        []string            `json:"parts"`
	Description  sampler.Description `json:"description"`
	Training     json.RawMessage     `json:"training,omitempty"`
	Networks     []networkInfo       `json:"networks"`
}

type networkInfo struct {
	Name       string   `json:"name"`
	Parameters int      `json:"parameters"`
	Bytes      int      `json:"bytes"` // before compression
	Kinds      []string `json:"kinds"`
}

// describe gathers what a model says of itself.
func describe(m *weights.Model, manifest *weights.Manifest) (modelInfo, error) {
	d, err := sampler.Describe(m)
	if err != nil {
		return modelInfo{}, err
	}
	info := modelInfo{Parts: m.Parts(), Description: d}
	if info.Hash, err = m.Hash(); err != nil {
		return info, err
	}
	if manifest != nil {
		info.Name, info.Version, info.License, info.TrainingData = manifest.Name, manifest.Version, manifest.License, manifest.TrainingData
	}
	if text := m.Metadata()["roentgo.training"]; json.Valid([]byte(text)) {
		info.Training = json.RawMessage(text)
	}
	byPrefix := map[string]*networkInfo{}
	for _, name := range m.Names() {
		t, _ := m.Info(name)
		prefix, _, _ := strings.Cut(name, ".")
		if parts := strings.SplitN(name, ".", 3); prefix == "vae" && len(parts) > 1 {
			prefix += " " + parts[1]
		}
		n := byPrefix[prefix]
		if n == nil {
			n = &networkInfo{Name: prefix}
			byPrefix[prefix] = n
		}
		if t.Kind != weights.Bytes {
			n.Parameters += graph.Len(t.Shape)
		}
		n.Bytes += t.Size
		if k := t.Kind.String(); !slices.Contains(n.Kinds, k) {
			n.Kinds = append(n.Kinds, k)
		}
	}
	for _, n := range byPrefix {
		slices.Sort(n.Kinds)
		info.Networks = append(info.Networks, *n)
	}
	slices.SortFunc(info.Networks, func(a, b networkInfo) int { return strings.Compare(a.Name, b.Name) })
	return info, nil
}

// maxText is how many characters of a text of a model file are printed.
const maxText = 4000

func (i modelInfo) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range [][2]string{{"name", i.Name}, {"version", i.Version}, {"licence", i.License}, {"trained on", i.TrainingData},
		{"model hash", i.Hash}, {"parts", strings.Join(i.Parts, ", ")}} {
		if row[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], terminal.Text(row[1], maxText))
		}
	}
	d := i.Description
	fmt.Fprintf(t, "image\t%d × %d, latent %d × %d × %d\n", d.Model.ImageSize, d.Model.ImageSize, d.Model.LatentChannels, d.Model.LatentSize(), d.Model.LatentSize())
	fmt.Fprintf(t, "U-Net\t%s\n", unetInWords(d.Model))
	if d.Model.HasText() {
		fmt.Fprintf(t, "text\t%d layers of %d features, %d tokens of a vocabulary of %d\n", d.Model.TextLayers, d.Model.TextFeatures, d.Model.Tokens, d.Model.TextVocab)
	}
	fmt.Fprintf(t, "schedule\t%d timesteps, β %g to %g, %s, zero terminal SNR: %t\n", d.Schedule.TrainTimesteps, d.Schedule.BetaStart, d.Schedule.BetaEnd, d.Schedule.Prediction, d.Schedule.ZeroTerminalSNR)
	fmt.Fprintf(t, "defaults\t%s, %s spacing, %d steps, guidance %g, rescale %g, eta %g\n", d.Sampling.Sampler, d.Sampling.Spacing, d.Sampling.Steps, d.Sampling.Guidance, d.Sampling.Rescale, d.Sampling.Eta)
	if v := d.Sampling.GuidanceInterval; v != (schedule.Interval{}) {
		fmt.Fprintf(t, "guided\tat timesteps from %d to %d\n", v.Low, v.High)
	}
	if d.Sampling.GuideWithinView {
		fmt.Fprintln(t, "\tagainst all images of the view that a prompt states")
	}
	if i.Training != nil {
		fmt.Fprintf(t, "training\t%s\n", terminal.Text(string(i.Training), maxText))
	}
	fmt.Fprintln(t, "\nnetwork\tparameters\tbytes\tkept as")
	for _, n := range i.Networks {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", terminal.Text(n.Name, maxText), n.Parameters, n.Bytes, strings.Join(n.Kinds, ", "))
	}
	return t.Flush()
}

// unetInWords says what the U-Net has at which of its levels.
func unetInWords(c model.Config) string {
	sides := func(at []bool) string {
		var list []string
		for i, on := range at {
			if on {
				side := c.LatentSize() >> i
				list = append(list, fmt.Sprintf("%d × %d", side, side))
			}
		}
		if list == nil {
			return "nowhere"
		}
		return "at " + strings.Join(list, ", ")
	}
	channels := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.UNetChannels), " ", ", "), "[]")
	text := fmt.Sprintf("%s channels; self-attention %s; cross-attention %s", channels, sides(c.UNetSelfAttention), sides(c.UNetCrossAttention))
	if c.UNetTextPool {
		text += "; pooled text"
	}
	if c.UNetAdaptiveNorm {
		text += "; adaptive norms"
	}
	return text
}

func infoCommand() *cobra.Command {
	var asJSON bool
	var models modelFlags
	cmd := &cobra.Command{
		Use:     "info [MODEL…]",
		Short:   "Print what a model file contains (default: the model of this program), and how the GPUs here are tuned",
		Example: "  roentgo info\n  roentgo info --json model.safetensors.zst",
		RunE: func(cmd *cobra.Command, args []string) error {
			models.files = args
			m, err := models.open()
			if err != nil {
				return err
			}
			defer m.Close()
			manifest, err := models.manifest()
			if err != nil {
				return err
			}
			info, err := describe(m, manifest)
			if err != nil {
				return err
			}
			if asJSON {
				text, err := json.Marshal(info)
				if err != nil {
					return err
				}
				_, err = cmd.OutOrStdout().Write(append(terminal.JSON(text), '\n'))
				return err
			}
			w := cmd.OutOrStdout()
			if err := info.write(w); err != nil {
				return err
			}
			adapters, err := gpu.Adapters()
			if err != nil {
				return nil // there is no GPU
			}
			fmt.Fprintln(w)
			return writeAdapters(w, adapters)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as one line of JSON")
	cmd.Flags().BoolVar(&models.fast, "fast", false, fastHelp)
	return cmd
}

func verifyCommand() *cobra.Command {
	var models modelFlags
	cmd := &cobra.Command{
		Use:     "verify [MODEL…]",
		Short:   "Read all of a model file and check every rule, hash and value",
		Example: "  roentgo verify model.safetensors.zst",
		RunE: func(cmd *cobra.Command, args []string) error {
			models.files = args
			m, err := models.open()
			if err != nil {
				return err
			}
			defer m.Close()
			if err := sampler.Verify(cmd.Context(), m); err != nil {
				return err
			}
			hash, err := m.Hash()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "good:", hash)
			return err
		},
	}
	cmd.Flags().BoolVar(&models.fast, "fast", false, fastHelp)
	return cmd
}
