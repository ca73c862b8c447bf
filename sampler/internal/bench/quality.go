package bench

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// qualityPrompts are those whose images are compared.
var qualityPrompts = []string{
	"normal chest x-ray",
	"pleural effusion",
	"frontal chest x-ray. cardiomegaly. no pneumothorax.",
	"pneumonia",
}

// The settings that are compared: every sampler guided everywhere, and the best
// of them also without guidance in the cleanest steps, in the noisiest, in both.
var (
	qualitySteps     = []int{4, 6, 8, 10, 12, 13, 14, 15, 16, 20, 30, baseSteps}
	qualitySamplers  = []string{schedule.DDIM, schedule.DPMpp2M, schedule.UniPC}
	qualityIntervals = []schedule.Interval{{Low: 200}, {High: 799}, {High: 699}, {Low: 200, High: 799}, {Low: 200, High: 699}}
)

// baseSteps is the number of DDIM steps that others are compared with.
const baseSteps = 50

// mostStepsInterval is how many steps at most are compared with an interval:
// with more of them there is nothing to be saved.
const mostStepsInterval = 20

// qualityFlags are those of `bench quality`.
type qualityFlags struct {
	*target
	out   string
	seeds int
	steps []int
	force bool
}

func qualityCommand(b *target) *cobra.Command {
	f := qualityFlags{target: b}
	cmd := &cobra.Command{
		Use:   "quality",
		Short: "Measure how far images of fewer steps are from the image of 200 DDIM steps",
		Long: `Measure how far images of fewer steps are from the image of 200 DDIM steps with the
same prompt and seed, by sampler and guidance interval.

PSNR and SSIM compare each pair. A distance compares the two sets: whether the images
are as bright, as sharp and as noisy on the whole. It is the Fréchet distance of the
features of package metric, which need no trained network. The table also shows this
distance for as many images of other seeds.

The command writes OUT.csv and OUT.svg, and prints the cheapest setting that is as
near as 50 DDIM steps.`,
		Example: "  roentgo bench quality --out quality --seeds 4",
		Args:    b.host.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.seeds < 1 || f.seeds > 1000 {
				return f.host.Misuse(fmt.Errorf("--seeds %d: 1 to 1000 are possible", f.seeds))
			}
			for _, n := range f.steps {
				if n < 1 || n > 1000 {
					return f.host.Misuse(fmt.Errorf("--steps %d: 1 to 1000 are possible", n))
				}
			}
			if !slices.Contains(f.steps, baseSteps) {
				return f.host.Misuse(fmt.Errorf("--steps %v: %d must be one of them", f.steps, baseSteps))
			}
			return b.with(cmd, f.run)
		},
	}
	cmd.Flags().StringVar(&f.out, "out", "quality", "the files to write, without their extension")
	cmd.Flags().IntVar(&f.seeds, "seeds", 4, "images of each prompt")
	cmd.Flags().IntSliceVar(&f.steps, "steps", qualitySteps, "numbers of steps to compare; 50 must be one of them")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite existing files")
	return cmd
}

// quality is a setting with its figures, means over the images.
type quality struct {
	sampler     string
	steps       int
	interval    schedule.Interval
	evaluations int // of the network for an image: a guided step takes two
	seconds     float64
	psnr, ssim  float64
	distance    float64
}

func (q quality) name() string {
	if q.interval == (schedule.Interval{}) {
		return q.sampler
	}
	return q.sampler + " " + q.interval.String()
}

func (f *qualityFlags) run(ctx context.Context) error {
	if err := f.checkOutputs(f.out, f.force); err != nil {
		return err
	}
	if size := f.description.Model.ImageSize; size%metric.FeatureUnit != 0 {
		return fmt.Errorf("images of %d pixels per side have no features to compare: a multiple of %d is needed", size, metric.FeatureUnit)
	}
	s, err := f.open(ctx, f.threads)
	if err != nil {
		return err
	}
	defer s.Close()
	begun := time.Now()
	reference, err := f.images(ctx, s, quality{sampler: schedule.DDIM, steps: 200}, 1)
	if err != nil {
		return err
	}
	f.say("200 DDIM steps: %.1f s an image", time.Since(begun).Seconds()/float64(len(reference)))
	others, err := f.images(ctx, s, quality{sampler: schedule.DDIM, steps: 200}, 1+uint64(f.seeds))
	if err != nil {
		return err
	}
	floor := metric.Frechet(features(others), features(reference))
	f.say("200 DDIM steps of other seeds: distance %.4f", floor)
	var list []quality
	for _, q := range f.settings() {
		begun := time.Now()
		images, err := f.images(ctx, s, q, 1)
		if err != nil {
			return err
		}
		if q.evaluations, err = f.evaluations(images[0].Settings); err != nil {
			return err
		}
		q.seconds = time.Since(begun).Seconds() / float64(len(images))
		q.compare(images, reference)
		list = append(list, q)
		f.say("%s, %d steps: %d evaluations, %.2f s, PSNR %.1f dB, SSIM %.3f, distance %.4f", q.name(), q.steps, q.evaluations, q.seconds, q.psnr, q.ssim, q.distance)
	}
	if err := writeText(f.out+".csv", qualityCSV(list, floor)); err != nil {
		return err
	}
	if err := qualityChart(list, floor).write(f.out + ".svg"); err != nil {
		return err
	}
	return f.report(list, floor)
}

// settings are all that are compared, in the order of the figure's lines.
func (f *qualityFlags) settings() []quality {
	var list []quality
	for _, name := range qualitySamplers {
		for _, n := range f.steps {
			list = append(list, quality{sampler: name, steps: n})
		}
	}
	for _, v := range qualityIntervals {
		for _, n := range f.steps {
			if n <= mostStepsInterval {
				list = append(list, quality{sampler: schedule.UniPC, steps: n, interval: v})
			}
		}
	}
	return list
}

// prompts are the prompts; one empty one for a model without text.
func (f *qualityFlags) prompts() []string {
	if !f.description.Model.HasText() {
		return []string{""}
	}
	return qualityPrompts
}

// images makes those of a setting: of each prompt, the seeds from first on.
func (f *qualityFlags) images(ctx context.Context, s *sampler.Sampler, q quality, first uint64) ([]sampler.Image, error) {
	batch, err := s.BatchFor(f.seeds)
	if err != nil {
		return nil, err
	}
	var list []sampler.Image
	for _, prompt := range f.prompts() {
		result, err := s.Sample(ctx, sampler.Request{Prompt: prompt, Seed: first, Count: f.seeds, Batch: batch, Truncate: true,
			Sampler: q.sampler, Steps: q.steps, Spacing: schedule.Trailing, GuidanceInterval: &q.interval})
		if err != nil {
			return nil, err
		}
		list = append(list, result.Images...)
	}
	return list, nil
}

func features(images []sampler.Image) (list [][]float64) {
	for _, m := range images {
		list = append(list, metric.Features(clamped(m.Pix), m.Size))
	}
	return list
}

// compare fills in the figures.
func (q *quality) compare(images, reference []sampler.Image) {
	for i, m := range images {
		a, b := clamped(m.Pix), clamped(reference[i].Pix)
		q.psnr += metric.PSNR(a, b, 2) / float64(len(images))
		q.ssim += metric.SSIM(a, b, m.Size, m.Size, 2) / float64(len(images))
	}
	q.distance = metric.Frechet(features(images), features(reference))
}

// clamped is an image as it is seen.
func clamped(pix []float32) []float32 {
	out := make([]float32, len(pix))
	for i, v := range pix {
		out[i] = min(max(v, -1), 1)
	}
	return out
}

// evaluations counts how often the network is asked for an image.
func (f *qualityFlags) evaluations(s sampler.Settings) (int, error) {
	sched, err := schedule.New(f.description.Schedule)
	if err != nil {
		return 0, err
	}
	steps, err := sched.NewSampler(schedule.Options{Sampler: s.Sampler, Spacing: s.Spacing, Steps: s.Steps})
	if err != nil {
		return 0, err
	}
	n := s.Steps
	for _, t := range steps.Timesteps {
		if s.Guidance != 1 && s.GuidanceInterval.Has(t) {
			n++
		}
	}
	return n, nil
}

func qualityCSV(list []quality, floor float64) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write([]string{"sampler", "steps", "guidance_low", "guidance_high", "evaluations", "seconds", "psnr_db", "ssim", "distance", "distance_of_other_seeds"})
	for _, q := range list {
		w.Write([]string{q.sampler, fmt.Sprint(q.steps), fmt.Sprint(q.interval.Low), fmt.Sprint(q.interval.High), fmt.Sprint(q.evaluations),
			fmt.Sprintf("%.3f", q.seconds), fmt.Sprintf("%.2f", q.psnr), fmt.Sprintf("%.4f", q.ssim), fmt.Sprintf("%.5f", q.distance), fmt.Sprintf("%.5f", floor)})
	}
	w.Flush() // into memory: it cannot fail
	return b.String()
}

// qualityChart has the figures over the evaluations of the network.
func qualityChart(list []quality, floor float64) chart {
	plot := func(title, y string, intervals bool, figure func(quality) float64) panel {
		p := panel{title: title, x: "network evaluations an image", y: y, logX: true}
		for _, q := range list {
			plain := q.interval == schedule.Interval{}
			if !intervals && !plain || intervals && (q.sampler != schedule.UniPC || q.steps > mostStepsInterval) {
				continue
			}
			if n := len(p.lines); n == 0 || p.lines[n-1].name != q.name() {
				p.lines = append(p.lines, line{name: q.name()})
			}
			last := &p.lines[len(p.lines)-1]
			last.points = append(last.points, point{float64(q.evaluations), figure(q)})
		}
		return p
	}
	c := chart{title: "Distance to the image of 200 DDIM steps", columns: 3}
	for _, intervals := range []bool{false, true} {
		what := "guided everywhere"
		if intervals {
			what = "guided in an interval"
		}
		c.panels = append(c.panels,
			plot("PSNR, "+what, "dB", intervals, func(q quality) float64 { return q.psnr }),
			plot("SSIM, "+what, "SSIM", intervals, func(q quality) float64 { return q.ssim }),
			plot("set distance, "+what, fmt.Sprintf("log₁₀ (of other seeds: %.2f)", math.Log10(floor)), intervals, func(q quality) float64 { return math.Log10(q.distance) }))
	}
	return c
}

// report prints the table and what follows from it.
func (f *qualityFlags) report(list []quality, floor float64) error {
	t := tabwriter.NewWriter(f.stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "sampler\tsteps\tevaluations\tseconds\tPSNR\tSSIM\tdistance\t\n")
	var base quality
	for _, q := range list {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%.1f dB\t%.3f\t%.4f\t\n", q.name(), q.steps, q.evaluations, q.seconds, q.psnr, q.ssim, q.distance)
		if q.sampler == schedule.DDIM && q.steps == baseSteps {
			base = q
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	best := cheapest(list, base)
	_, err := fmt.Fprintf(f.stdout, "\n%d prompts, %d seeds each; images of other seeds are %.4f apart\ncheapest as near as 50 DDIM steps: %s, %d steps, %d evaluations instead of %d\n",
		len(f.prompts()), f.seeds, floor, best.name(), best.steps, best.evaluations, base.evaluations)
	return err
}

// cheapest is the setting of the fewest evaluations that is as near to the
// reference as base by every figure.
func cheapest(list []quality, base quality) quality {
	best := base
	for _, q := range list {
		if q.psnr >= base.psnr && q.ssim >= base.ssim && q.distance <= base.distance && q.evaluations < best.evaluations {
			best = q
		}
	}
	return best
}
