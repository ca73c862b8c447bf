//go:build libtorch

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// quantizeOptions are the flags of `quantize`.
type quantizeOptions struct {
	models          []string
	classifier, out string
	seeds           int
}

func quantizeCommand() *cobra.Command {
	o := quantizeOptions{seeds: 4}
	cmd := &cobra.Command{
		Use:   "quantize --model FILE --classifier FOLDER --out FOLDER",
		Short: "Measure in images what int8 and int4 cost, layer by layer",
		Long: `Measure what fewer bits cost: images of a few prompts and seeds by the weights as they
are (float16, as 'export --for training' writes them) are compared with images by the
same weights in int8; in int8 with one group of layers in int4; in int8 with more and
more groups in int4, those that cost least per byte saved first; and in int4.

The folder gets quantize.csv, and quantize.png with a row per way to keep the weights.`,
		Example: "  roentgo-train quantize --model train-1of2" + weights.Extension + " --model train-2of2" + weights.Extension + " --classifier runs/classifier --out runs/quantize",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.seeds < 2 || o.seeds > mostSeeds {
				return misuse{fmt.Errorf("--seeds is %d; 2 to %d are possible", o.seeds, mostSeeds)}
			}
			if _, err := os.Stat(o.out); err == nil {
				return misuse{fmt.Errorf("%s exists already; remove it or choose another folder", o.out)}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.models, "model", nil, "model file in float16, once per file (required)")
	f.StringVar(&o.classifier, "classifier", "", "folder of the run of a classifier (required)")
	f.StringVar(&o.out, "out", "", "folder for the table and the picture, which must not exist (required)")
	f.IntVar(&o.seeds, "seeds", o.seeds, "images per prompt")
	for _, name := range []string{"model", "classifier", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

// quantizeFindings are what images are made of, after a normal chest.
var quantizeFindings = []string{"Effusion", "Cardiomegaly", "Pneumothorax"}

// quantized is what one way to keep the weights costs.
type quantized struct {
	name  string
	bytes int64
	// psnr is that of its images against those of float16, in dB.
	psnr float64
	// features is how far they are from them by the classifier's features, where
	// the mean distance between images of two seeds is 1.
	features float64
	// auc is the mean over the findings of how well the classifier distinguishes
	// them from a normal chest.
	auc float64

	images [][]float32
	points [][]float64
}

func (o quantizeOptions) run(ctx context.Context) error {
	judge, err := train.OpenJudge(o.classifier)
	if err != nil {
		return err
	}
	defer judge.Close()
	m, err := weights.Open(o.models...)
	if err != nil {
		return err
	}
	defer m.Close()
	f, err := m.File()
	if err != nil {
		return err
	}
	f.Parts = slices.DeleteFunc(f.Parts, func(part string) bool { return part == weights.PartEncoder })
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t weights.Tensor) bool { return strings.HasPrefix(t.Name, "vae.encoder.") })
	var groups []string
	for _, t := range f.Tensors {
		if g := runs.LayerGroup(t.Name); t.Kind == weights.F16 && runs.Quantizable(t.Shape) && !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return misuse{fmt.Errorf("%s has no weights in float16 (make it with 'export --for training')", o.models[0])}
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.out, ".quantize-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	q := &quantizer{quantizeOptions: o, judge: judge, file: f, path: filepath.Join(dir, "model"+weights.Extension), total: 3 + len(groups) + max(len(groups)-2, 0)}
	rows, err := q.measure(ctx, groups)
	if err != nil {
		return err
	}
	return q.write(rows)
}

// quantizer measures ways to keep the weights of a file.
type quantizer struct {
	quantizeOptions
	judge       *train.Judge
	file        weights.File
	path        string // of the model file that is measured
	done, total int
	reference   *quantized
	apart       float64 // mean distance between the features of two seeds
}

func (q *quantizer) measure(ctx context.Context, groups []string) (rows []*quantized, err error) {
	add := func(name string, kind func(group string) weights.Kind) error {
		row, err := q.at(ctx, name, kind)
		if err == nil {
			rows = append(rows, row)
		}
		return err
	}
	all := func(kind weights.Kind) func(string) weights.Kind {
		return func(string) weights.Kind { return kind }
	}
	if err := errors.Join(add("float16", all(weights.F16)), add("int8", all(weights.Int8))); err != nil {
		return nil, err
	}
	whole := rows[1]
	cost := map[string]float64{}
	for _, g := range groups {
		if err := add("int8, int4 in "+g, among(g)); err != nil {
			return nil, err
		}
		row := rows[len(rows)-1]
		cost[g] = row.features / float64(max(whole.bytes-row.bytes, 1))
	}
	slices.SortStableFunc(groups, func(a, b string) int { return cmp.Compare(cost[a], cost[b]) })
	for n := 2; n < len(groups); n++ {
		if err := add("int8, int4 in "+strings.Join(groups[:n], " "), among(groups[:n]...)); err != nil {
			return nil, err
		}
	}
	return rows, add("int4", all(weights.Int4))
}

// among keeps some groups in int4 and the others in int8.
func among(groups ...string) func(group string) weights.Kind {
	return func(g string) weights.Kind {
		if slices.Contains(groups, g) {
			return weights.Int4
		}
		return weights.Int8
	}
}

// at measures one way to keep the weights.
func (q *quantizer) at(ctx context.Context, name string, kind func(group string) weights.Kind) (*quantized, error) {
	q.done++
	fmt.Fprintf(os.Stderr, "quantize: %d of %d: %s\n", q.done, q.total, name)
	f := q.file
	f.Tensors = slices.Clone(f.Tensors)
	for i, t := range f.Tensors {
		if t.Kind == weights.F16 && runs.Quantizable(t.Shape) {
			f.Tensors[i].Kind = kind(runs.LayerGroup(t.Name))
		}
	}
	if _, err := weights.Write(q.path, f, weights.WriteOptions{Overwrite: true}); err != nil {
		return nil, err
	}
	st, err := os.Stat(q.path)
	if err != nil {
		return nil, err
	}
	row := &quantized{name: name, bytes: st.Size()}
	if err := q.sample(ctx, row); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if row.points, err = q.judge.Features(row.images); err != nil {
		return nil, err
	}
	scores, err := q.judge.Scores(row.images)
	if err != nil {
		return nil, err
	}
	row.auc = q.obeyed(scores)
	if q.reference == nil {
		q.reference, q.apart = row, apart(row.points, q.seeds)
	}
	for i, x := range row.images {
		row.psnr += min(images.PSNR(q.reference.images[i], x, 2), 99) / float64(len(row.images))
		row.features += metric.Euclid(row.points[i], q.reference.points[i]) / q.apart / float64(len(row.images))
	}
	return row, nil
}

// sample makes the images of all prompts by the model file.
func (q *quantizer) sample(ctx context.Context, row *quantized) error {
	m, err := weights.Open(q.path)
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := sampler.New(ctx, m, sampler.Options{Device: sampler.CPU})
	if err != nil {
		return err
	}
	defer s.Close()
	if size := s.Description().Model.ImageSize; size != q.judge.Side() {
		return fmt.Errorf("the model makes images of %d pixels per side, the classifier takes %d", size, q.judge.Side())
	}
	for _, finding := range append([]string{normal}, quantizeFindings...) {
		for img, err := range s.Images(ctx, sampler.Request{Prompt: promptOf("PA", finding), Count: q.seeds}) {
			if err != nil {
				return err
			}
			if err := metric.Clamp(img.Pix); err != nil {
				return err
			}
			row.images = append(row.images, img.Pix)
		}
	}
	return nil
}

// obeyed is the mean AUC of the findings against a normal chest.
func (q *quantizer) obeyed(scores [][]float64) (mean float64) {
	outputs := train.ClassifierOutputs()
	for k, finding := range quantizeFindings {
		column := slices.Index(outputs, finding)
		var list []metric.Scored
		for s := range q.seeds {
			seed := strconv.Itoa(s)
			list = append(list, metric.Scored{Score: scores[s][column], Group: seed},
				metric.Scored{Score: scores[(k+1)*q.seeds+s][column], Positive: true, Group: seed})
		}
		mean += metric.AUC(list) / float64(len(quantizeFindings))
	}
	return mean
}

// apart is the mean distance between points of one prompt.
func apart(points [][]float64, seeds int) (mean float64) {
	n := 0
	for from := 0; from < len(points); from += seeds {
		for i := from; i < from+seeds; i++ {
			for j := from; j < i; j++ {
				mean += metric.Euclid(points[i], points[j])
				n++
			}
		}
	}
	return mean / float64(n)
}

func (q *quantizer) write(rows []*quantized) error {
	table := [][]string{{"weights", "bytes", "psnr_db", "feature_distance", "mean_auc"}}
	var pictures []*image.Gray
	columns := 1 + len(quantizeFindings)
	for _, r := range rows {
		table = append(table, []string{r.name, strconv.FormatInt(r.bytes, 10), number(r.psnr), number(r.features), number(r.auc)})
		fmt.Fprintf(stdout, "%8.2f MB  %5.1f dB  features %.3f  AUC %.3f  %s\n", float64(r.bytes)/1e6, r.psnr, r.features, r.auc, r.name)
		for k := range columns {
			img := train.Gray(r.images[k*q.seeds], q.judge.Side())
			if k == 0 {
				write(img, r.name)
			}
			pictures = append(pictures, img)
		}
	}
	return errors.Join(writeCSV(filepath.Join(q.out, "quantize.csv"), table), train.WriteGrid(filepath.Join(q.out, "quantize.png"), pictures, columns))
}
