//go:build libtorch

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// seedsOptions are the flags of `seeds`.
type seedsOptions struct {
	evalOptions
	findings []string
	keep     int
	force    bool
}

func seedsCommand() *cobra.Command {
	var o seedsOptions
	cmd := &cobra.Command{
		Use:   "seeds --model FILE --data FOLDER --classifier FOLDER --out FILE",
		Short: "List the seeds whose images show a finding, as a classifier judges them",
		Long: `List, for each finding and view, the seeds whose image shows the finding while the
normal image of the same seed does not: the page for students asks about these alone.
The classifier must score the finding's image above 95 of 100 normal images of the model
in that view, and above half of the held-out real images with the finding; the normal
image of the seed must be one of the 95. Where too few seeds pass, the real images do not
count, and the file says so ("rule": "normal" in the place of "real"). The seeds with the
highest scores come first.

For each seed, "also" lists other findings that the image may show: they score above 95
of 100 normal images. "clear" says that the normal image of the seed has none of them.`,
		Example: "  roentgo-train seeds --model weights/default/roentgo-mini.safetensors.zst --data runs/data --classifier runs/judge \\\n" +
			"      --leave-out kermany --force --out site/app/learn/seeds.json",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return misuse{err}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file, once per file (required)")
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.classifier, "classifier", "", "folder of the run of a classifier (required)")
	f.StringVar(&o.out, "out", "", "file to write (required)")
	f.StringArrayVar(&o.findings, "finding", nil, "label of a finding, once per finding (default: all)")
	f.StringArrayVar(&o.leaveOut, "leave-out", nil, leaveOutHelp)
	f.IntVar(&o.seeds, "seeds", 64, "seeds to try per finding and view")
	f.IntVar(&o.keep, "keep", 16, "seeds to keep of those that pass")
	f.BoolVar(&o.force, "force", false, "overwrite an existing file")
	f.StringVar(&o.device, "sample-on", sampler.CPU, "auto, gpu or cpu")
	for _, name := range []string{"model", "data", "classifier", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (o *seedsOptions) check() error {
	if o.seeds < leastTried || o.seeds > mostSeeds {
		return fmt.Errorf("--seeds is %d; %d to %d are possible", o.seeds, leastTried, mostSeeds)
	}
	if o.keep < 1 || o.keep > o.seeds {
		return fmt.Errorf("--keep is %d; 1 to %d, the number of seeds, are possible", o.keep, o.seeds)
	}
	known := dataset.FindingLabels()
	if len(o.findings) == 0 {
		o.findings = known
	}
	for _, finding := range o.findings {
		if !slices.Contains(known, finding) {
			return fmt.Errorf("--finding %q is no label of a finding; these are %q", finding, known)
		}
	}
	return atomicfile.Check(o.out, o.force)
}

const (
	leastTried = 20   // seeds, for a percentile
	shown      = 0.95 // of normal images score below one that shows a finding
	enough     = 12   // seeds per finding and view
)

// checkedSeeds is what `seeds` writes.
type checkedSeeds struct {
	Model      string                     `json:"model_sha256"`
	Classifier string                     `json:"classifier_sha256"`
	Tried      int                        `json:"tried"`    // seeds per finding and view, from 0
	Normal     map[string]string          `json:"normal"`   // prompt of the normal image, by view
	Findings   map[string]map[string]seen `json:"findings"` // by usual name and view
}

// seen is a finding in a view.
type seen struct {
	Prompt    string        `json:"prompt"`
	Rule      string        `json:"rule"`
	Threshold float64       `json:"threshold"` // score that an image must reach
	Passed    int           `json:"passed"`    // seeds of those that were tried
	Seeds     []checkedSeed `json:"seeds"`     // the highest score first
}

// checkedSeed is a seed whose image shows the finding.
type checkedSeed struct {
	Seed  int      `json:"seed"`
	Also  []string `json:"also,omitempty"`  // other findings that it may show
	Clear bool     `json:"clear,omitempty"` // the normal image may show none
	score float64
}

// The rules by which a seed passes.
const (
	ruleReal   = "real"   // above half of the real images and 95 of 100 normal ones
	ruleNormal = "normal" // above 95 of 100 normal images
)

func (o seedsOptions) run(ctx context.Context) error {
	e, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	if err := e.fits(); err != nil {
		return err
	}
	e.progress = progress{command: "seeds", total: o.seeds * len(evalViews) * (1 + len(o.findings))}
	list := checkedSeeds{Model: e.sampler.ModelHash(), Classifier: e.judge.Hash, Tried: o.seeds,
		Normal: map[string]string{}, Findings: map[string]map[string]seen{}}
	for _, finding := range o.findings {
		list.Findings[titleOf(finding)] = map[string]seen{}
	}
	for _, view := range evalViews {
		list.Normal[view] = promptOf(view, normal)
		twins, err := e.scored(ctx, list.Normal[view])
		if err != nil {
			return err
		}
		for _, finding := range o.findings {
			scores, err := e.scored(ctx, promptOf(view, finding))
			if err != nil {
				return err
			}
			c := chooser{outputs: e.outputs, findings: o.findings, finding: finding, normal: twins}
			s := c.choose(scores, e.median(view, finding))
			s.Prompt, s.Seeds = promptOf(view, finding), s.Seeds[:min(len(s.Seeds), o.keep)]
			list.Findings[titleOf(finding)][view] = s
			fmt.Printf("%s, %s: %d of %d seeds pass by rule %q\n", titleOf(finding), view, s.Passed, o.seeds, s.Rule)
		}
	}
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(o.out, o.force, append(text, '\n'))
}

// scored makes the images of a prompt at the model's own guidance, and scores them.
func (e *evaluator) scored(ctx context.Context, prompt string) ([][]float64, error) {
	images, err := e.sample(ctx, prompt, e.guidance[0])
	if err != nil {
		return nil, err
	}
	return e.judge.Scores(images)
}

// median is the middle score of the held-out real images with a finding, in a view
// where that has enough of them, else in all views.
func (e *evaluator) median(view, finding string) float64 {
	var all, inView []float64
	for n, i := range e.test {
		if s, ok := train.Truth(e.data.Records[i], finding); ok && s.Positive {
			score := e.scores[n][e.outputs[finding]]
			all = append(all, score)
			if s.Stratum == view {
				inView = append(inView, score)
			}
		}
	}
	if len(inView) >= leastPositives {
		all = inView
	}
	if len(all) == 0 {
		return math.Inf(1) // no image passes by this rule
	}
	return metric.Percentile(all, 0.5)
}

// chooser chooses the seeds of a finding in a view.
type chooser struct {
	outputs  map[string]int
	findings []string // that an image may be asked about
	finding  string
	normal   [][]float64 // scores of normal images, by seed
}

// quantile is the score of a finding below which a part of the normal images lie.
func (c chooser) quantile(finding string, part float64) float64 {
	list := make([]float64, len(c.normal))
	for seed, scores := range c.normal {
		list[seed] = scores[c.outputs[finding]]
	}
	return metric.Percentile(list, part)
}

// choose takes the seeds whose image reaches the threshold of real images, whose middle
// score is given, or of normal ones where too few do.
func (c chooser) choose(scores [][]float64, median float64) seen {
	below := c.quantile(c.finding, shown)
	s := c.above(scores, ruleReal, max(below, median), below)
	if s.Passed < enough {
		s = c.above(scores, ruleNormal, below, below)
	}
	return s
}

// above takes the seeds whose image scores above a threshold, and whose normal image
// does not reach another.
func (c chooser) above(scores [][]float64, rule string, threshold, below float64) seen {
	s := seen{Rule: rule, Threshold: threshold, Seeds: []checkedSeed{}}
	k := c.outputs[c.finding]
	for seed, of := range scores {
		if !(of[k] > threshold && c.normal[seed][k] <= below) {
			continue
		}
		chosen := checkedSeed{Seed: seed, Clear: true, score: of[k]}
		for _, other := range c.findings {
			most := c.quantile(other, shown)
			if other != c.finding && of[c.outputs[other]] > most {
				chosen.Also = append(chosen.Also, titleOf(other))
			}
			if c.normal[seed][c.outputs[other]] > most {
				chosen.Clear = false
			}
		}
		s.Seeds = append(s.Seeds, chosen)
	}
	slices.SortStableFunc(s.Seeds, func(a, b checkedSeed) int { return cmp.Compare(b.score, a.score) })
	s.Passed = len(s.Seeds)
	return s
}
