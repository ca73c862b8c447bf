package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// published is the study's table of sampling with DDIM on its GPU: seconds an
// image, memory, and SSIM to the image of 200 steps.
var published = []studyRow{
	{Steps: 20, Seconds: 0.312, PeakMB: 4800, SSIM: 0.76},
	{Steps: 50, Seconds: 0.663, PeakMB: 5200, SSIM: 0.81},
	{Steps: 100, Seconds: 1.284, PeakMB: 5600, SSIM: 0.82},
	{Steps: 200, Seconds: 2.531, PeakMB: 6100, SSIM: 0.82},
}

type studyRow struct {
	Steps   int     `json:"steps"`
	Seconds float64 `json:"seconds"`
	PeakMB  float64 `json:"peak_mb"`
	SSIM    float64 `json:"ssim"`
}

func studyCommand(b *target) *cobra.Command {
	var seeds int
	cmd := &cobra.Command{
		Use:   "study",
		Short: "Measure DDIM at 20, 50, 100 and 200 steps beside the published study's table",
		Long: `Measure DDIM with guidance at 20, 50, 100 and 200 steps: seconds per image, peak
memory, and how like the image of 200 steps it is (SSIM). A separate process
makes each image, so that its memory can be measured. The table also shows the
figures that the study published, of its model on its GPU.

The study does not explain why its SSIM of 200 steps is below 1. Here this is the
SSIM of an image with itself.`,
		Example: "  roentgo bench study --seeds 5\n  roentgo bench study --preset paper --device cpu",
		Args:    b.host.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seeds < 1 || seeds > 1000 {
				return b.host.Misuse(fmt.Errorf("--seeds %d: 1 to 1000 are possible", seeds))
			}
			return b.with(cmd, func(ctx context.Context) error { return b.study(ctx, seeds) })
		},
	}
	cmd.Flags().IntVar(&seeds, "seeds", 3, "images for each number of steps; seconds and memory are medians, SSIM is the mean")
	return cmd
}

func (b *target) study(ctx context.Context, seeds int) error {
	dir, err := os.MkdirTemp("", "roentgo-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := func(steps, seed int) string { return filepath.Join(dir, fmt.Sprintf("%d-%d.png", steps, seed)) }
	took := map[int][]child{}
	for seed := range seeds {
		for _, row := range published {
			r := sampler.Request{Prompt: b.prompt(), Truncate: true, Seed: uint64(seed + 1), Sampler: schedule.DDIM, Steps: row.Steps, GuidanceInterval: &schedule.Interval{}}
			c, err := b.child(ctx, r, b.threads, path(row.Steps, seed))
			if err != nil {
				return err
			}
			took[row.Steps] = append(took[row.Steps], c)
		}
		b.say("seed %d of %d", seed+1, seeds)
	}
	var rows []studyRow
	for _, p := range published {
		row := studyRow{Steps: p.Steps}
		var seconds, peak []float64
		for seed, c := range took[p.Steps] {
			seconds, peak = append(seconds, c.seconds), append(peak, c.peakMB)
			s, err := similarity(path(p.Steps, seed), path(published[len(published)-1].Steps, seed))
			if err != nil {
				return err
			}
			row.SSIM += s / float64(seeds)
		}
		row.Seconds, row.PeakMB = median(seconds), median(peak)
		rows = append(rows, row)
	}
	if b.json {
		return json.NewEncoder(b.stdout).Encode(map[string]any{"measured": rows, "published": published})
	}
	t := tabwriter.NewWriter(b.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "DDIM steps\tseconds\tstudy's\tpeak MB\tstudy's\tSSIM to 200\tstudy's\t\n")
	for i, r := range rows {
		p := published[i]
		fmt.Fprintf(t, "%d\t%.3f\t%.3f\t%.0f\t%.0f\t%.3f\t%.2f\t\n", r.Steps, r.Seconds, p.Seconds, r.PeakMB, p.PeakMB, r.SSIM, p.SSIM)
	}
	return t.Flush()
}

// similarity is the SSIM of two PNG files.
func similarity(a, b string) (float64, error) {
	x, width, height, err := readGray(a)
	if err != nil {
		return 0, err
	}
	y, _, _, err := readGray(b)
	if err != nil {
		return 0, err
	}
	return metric.SSIM(x, y, width, height, 255), nil
}

// readGray reads the grey values of a PNG file, 0 to 255.
func readGray(path string) (pix []float32, width, height int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, 0, err
	}
	defer file.Close()
	img, err := png.Decode(file)
	if err != nil {
		return nil, 0, 0, err
	}
	width, height = img.Bounds().Dx(), img.Bounds().Dy()
	for y := range height {
		for x := range width {
			grey, _, _, _ := img.At(x, y).RGBA()
			pix = append(pix, float32(grey>>8))
		}
	}
	return pix, width, height, nil
}
