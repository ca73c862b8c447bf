//go:build libtorch

package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// usefulnessOptions are the flags of `usefulness`.
type usefulnessOptions struct {
	data, real, out string
	others          []string
	leaveOut        []string
	force           bool
}

func usefulnessCommand() *cobra.Command {
	var o usefulnessOptions
	cmd := &cobra.Command{
		Use:   "usefulness --data FOLDER --real FOLDER --other FOLDER... --out FILE",
		Short: "Compare classifiers trained on synthetic images with one of real images, on real patients",
		Long: `For each finding, print how well each classifier recognises it in the real held-out
images, and how much better or worse than the classifier of real images it does, with
the bounds of 95 of 100 resamples of whole patients. A difference whose bounds have 0
between them is none. The last lines are of the mean over all outputs.`,
		Example: `  roentgo-train synthesize --model model.safetensors.zst --data runs/data --out runs/synthetic
  roentgo-train classifier --data runs/synthetic --run runs/judge-synthetic
  roentgo-train usefulness --data runs/data --real runs/judge --other runs/judge-synthetic --out usefulness.csv`,
		Args: exactly(0),
		RunE: func(*cobra.Command, []string) error { return o.run() },
	}
	f := cmd.Flags()
	f.StringVar(&o.data, "data", "", "folder that 'prepare' made (required)")
	f.StringVar(&o.real, "real", "", "run of a classifier of the real training images (required)")
	f.StringArrayVar(&o.others, "other", nil, "run of another classifier, once per run (required)")
	f.StringVar(&o.out, "out", "", "CSV file to write (required)")
	f.StringArrayVar(&o.leaveOut, "leave-out", nil, leaveOutHelp)
	f.BoolVar(&o.force, "force", false, "overwrite an existing file")
	for _, name := range []string{"data", "real", "other", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// useful is how well a classifier recognises a finding in real images.
type useful struct {
	run       string
	finding   string
	positives int
	auc       metric.Interval
	gain      *metric.Interval // over the classifier of real images; nil: it is that
}

func (o usefulnessOptions) run() error {
	data, err := dataset.Open(o.data)
	if err != nil {
		return err
	}
	defer data.Close()
	test := train.Used(data, dataset.Test, o.leaveOut)
	var scores [][][]float64
	runs := append([]string{o.real}, o.others...)
	for _, run := range runs {
		s, err := scoresOf(run, data, test)
		if err != nil {
			return err
		}
		scores = append(scores, s)
	}
	list := compare(data, test, runs, scores)
	for _, u := range list {
		gain := ""
		if u.gain != nil {
			gain = fmt.Sprintf("  %+.2f (%+.2f to %+.2f)", u.gain.Value, u.gain.Low, u.gain.High)
		}
		fmt.Fprintf(stdout, "%-20s %4d  %-30s %.2f (%.2f to %.2f)%s\n", u.finding, u.positives, u.run, u.auc.Value, u.auc.Low, u.auc.High, gain)
	}
	return atomicfile.Write(o.out, o.force, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(usefulRows(list)) })
}

// scoresOf are a classifier's scores of images of the data.
func scoresOf(run string, data *dataset.Prepared, indices []int) ([][]float64, error) {
	judge, err := train.OpenJudge(run)
	if err != nil {
		return nil, err
	}
	defer judge.Close()
	if judge.Side() != data.Size() {
		return nil, fmt.Errorf("the classifier in %s takes images of %d pixels per side, the prepared ones have %d: these must be equal", run, judge.Side(), data.Size())
	}
	images, err := data.Images(indices)
	if err != nil {
		return nil, err
	}
	return judge.Scores(images)
}

// meanOutput names the row of the mean over all outputs.
const meanOutput = "mean"

// compare measures each finding by each run's scores of the same images, those of
// the first run being what the others are compared with, and then the mean of all.
// Findings with fewer than leastPositives images say nothing, and are left out. A
// resample that has no positive or no negative of a finding counts for neither it
// nor the mean.
func compare(data *dataset.Prepared, test []int, runs []string, scores [][][]float64) (list []useful) {
	type truth struct {
		metric.Scored
		known bool
	}
	var groups []string
	truths := make([][]truth, len(train.ClassifierOutputs())) // of each output, of each image
	for _, i := range test {
		groups = append(groups, data.Records[i].Patient)
		for k, output := range train.ClassifierOutputs() {
			s, known := train.Truth(data.Records[i], output)
			truths[k] = append(truths[k], truth{s, known})
		}
	}
	// auc is that of one output, or the mean of several, in the images of index by their place in test.
	auc := func(outputs []int, r int, index []int) float64 {
		var sum float64
		for _, k := range outputs {
			var items []metric.Scored
			for _, n := range index {
				if s := truths[k][n]; s.known {
					s.Score = scores[r][n][k]
					items = append(items, s.Scored)
				}
			}
			sum += metric.AUC(items)
		}
		return sum / float64(len(outputs))
	}
	measure := func(name string, outputs []int, positives int) {
		for r, run := range runs {
			u := useful{run: run, finding: name, positives: positives,
				auc: resampling.Statistic(groups, func(index []int) float64 { return auc(outputs, r, index) })}
			if r > 0 {
				gain := resampling.Statistic(groups, func(index []int) float64 { return auc(outputs, r, index) - auc(outputs, 0, index) })
				u.gain = &gain
			}
			list = append(list, u)
		}
	}
	var kept []int
	total := 0
	for k, output := range train.ClassifierOutputs() {
		positives, known := 0, 0
		for _, s := range truths[k] {
			if s.known {
				known++
				if s.Positive {
					positives++
				}
			}
		}
		if positives < leastPositives || positives == known {
			continue
		}
		measure(output, []int{k}, positives)
		kept, total = append(kept, k), total+positives
	}
	if len(kept) > 0 {
		measure(meanOutput, kept, total)
	}
	return list
}

func usefulRows(list []useful) [][]string {
	rows := [][]string{{"finding", "positives", "trained_on", "auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high"}}
	for _, u := range list {
		row := append([]string{u.finding, strconv.Itoa(u.positives), u.run}, cells(&u.auc)...)
		rows = append(rows, append(row, cells(u.gain)...))
	}
	return rows
}
