//go:build libtorch

package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/trainer/metric"
)

// evaluation is what `eval` writes to eval.json.
type evaluation struct {
	Command       string          `json:"command"`
	Model         string          `json:"model_sha256,omitempty"`
	Classifier    string          `json:"classifier_sha256"`
	Seeds         int             `json:"seeds"`                   // per prompt and view
	Unknown       []string        `json:"unknown_words,omitempty"` // of the prompts, to the model
	Reconstructed *reconstruction `json:"reconstructed,omitempty"`
	// Distances and Paired are of what bounds the figures of generated images.
	Distances *distances  `json:"distances"`
	Paired    []pairedRow `json:"paired"`
	// Folder is of a folder of images, where no model was measured.
	Folder *folderResult `json:"folder,omitempty"`
	// Membership is absent without an encoder.
	Membership *membership  `json:"membership,omitempty"`
	Curve      []curvePoint `json:"curve,omitempty"`
	Results    []*result    `json:"results"` // per guidance

	size    int
	several bool      // values of guidance
	real    []float64 // the spectrum of held-out images
}

// result is what was measured at one guidance.
type result struct {
	Guidance float64     `json:"guidance"`
	Findings []obedience `json:"findings"`
	View     obedience   `json:"view"` // AP against PA, of every prompt
	// MeanMade and MeanReal are means of AUC over the findings that the classifier
	// recognises in real images.
	Recognised int     `json:"recognised_findings"`
	MeanMade   float64 `json:"mean_generated_auc"`
	MeanReal   float64 `json:"mean_real_auc"`
	// Detail is the power above a quarter of the Nyquist frequency, and
	// SeedSpread the distance between images of one prompt, as parts of those of
	// real images.
	Detail     float64  `json:"detail"`
	SeedSpread *float64 `json:"seed_spread,omitempty"`
	// FeatureDistance is how far normal chests are from real ones, by the
	// classifier's features; 1 is how far those of other patients are.
	FeatureDistance *float64 `json:"feature_distance,omitempty"`
	// NearFeatures and NearPixels are the shares of images that are nearer to a
	// training image than 99 of 100 held-out images are.
	NearFeatures float64 `json:"features_below_first_percentile"`
	NearPixels   float64 `json:"pixels_below_first_percentile"`
	Privacy      privacy `json:"privacy"`
	// Of images from the captions of held-out images.
	Distance  distanceRow `json:"distance"`
	Paired    pairedRow   `json:"paired"`
	Agreement []agreement `json:"agreement"`
	Text      []probed    `json:"text"`
	Failures  []failure   `json:"failures"`
	Groups    []group     `json:"groups"`

	MontageKey string `json:"montage_key"` // R or G per picture of montage.png, row by row

	spectrum []float64
}

// write writes all tables and plots of what is there.
func (v *evaluation) write(dir string) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("eval: %s is not a number: %w", notFinite(reflect.ValueOf(v), ""), err)
	}
	return errors.Join(
		atomicfile.WriteBytes(filepath.Join(dir, "eval.json"), true, append(text, '\n')),
		writeCSV(filepath.Join(dir, "findings.csv"), v.findingRows()),
		writeCSV(filepath.Join(dir, "sweep.csv"), v.sweepRows()),
		v.plotSpectra(filepath.Join(dir, "spectrum.png")),
		v.plotSweep(filepath.Join(dir, "sweep.png")),
		v.writePage(filepath.Join(dir, "index.html")),
	)
}

// notFinite names the first figure of v that JSON cannot hold; "" where there is none.
func notFinite(v reflect.Value, name string) string {
	switch v.Kind() {
	case reflect.Float64:
		if x := v.Float(); math.IsNaN(x) || math.IsInf(x, 0) {
			return name
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return notFinite(v.Elem(), name)
		}
	case reflect.Struct:
		for field, inner := range v.Fields() {
			if bad := notFinite(inner, name+"."+field.Name); field.IsExported() && bad != "" {
				return bad
			}
		}
	case reflect.Slice:
		for k := range v.Len() {
			if bad := notFinite(v.Index(k), fmt.Sprintf("%s[%d]", name, k)); bad != "" {
				return bad
			}
		}
	case reflect.Map:
		for key, inner := range v.Seq2() {
			if bad := notFinite(inner, fmt.Sprintf("%s[%v]", name, key)); bad != "" {
				return bad
			}
		}
	}
	return ""
}

func writeCSV(path string, rows [][]string) error {
	return atomicfile.Write(path, true, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', 4, 64) }

// optional is a number, or nothing.
func optional(x *float64) string {
	if x == nil {
		return ""
	}
	return number(*x)
}

// cells are the three cells of an interval.
func cells(v *metric.Interval) []string {
	if v == nil {
		return []string{"", "", ""}
	}
	return []string{number(v.Value), number(v.Low), number(v.High)}
}

func (v *evaluation) findingRows() [][]string {
	rows := [][]string{{"guidance", "finding", "real_positives", "real_auc", "real_low", "real_high", "reconstructed_auc",
		"generated_auc", "generated_low", "generated_high", "generated_pa", "generated_ap", "change", "near_features"}}
	for _, r := range v.Results {
		for _, o := range append(r.Findings[:len(r.Findings):len(r.Findings)], r.View) {
			row := append([]string{strconv.FormatFloat(r.Guidance, 'g', -1, 64), o.Finding, strconv.Itoa(o.RealPositives)}, cells(o.Real)...)
			again := ""
			if v.Reconstructed != nil {
				if i, ok := v.Reconstructed.Findings[o.Finding]; ok {
					again = number(i.Value)
				}
			}
			row = append(append(row, again), cells(o.Made)...)
			for _, view := range evalViews {
				cell := ""
				if i, ok := o.ByView[view]; ok {
					cell = number(i.Value)
				}
				row = append(row, cell)
			}
			rows = append(rows, append(row, number(o.Change), number(o.Near)))
		}
	}
	return rows
}

func (v *evaluation) sweepRows() [][]string {
	head := []string{"guidance", "mean_auc", "mean_real_auc", "view_auc", "change", "view_change", "detail", "seed_spread", "feature_distance", "near_features", "near_pixels"}
	for _, o := range v.Results[0].Findings {
		head = append(head, "auc_"+o.Finding)
	}
	rows := [][]string{head}
	for _, r := range v.Results {
		row := []string{strconv.FormatFloat(r.Guidance, 'g', -1, 64), number(r.MeanMade), number(r.MeanReal), number(r.View.Made.Value), number(r.change()), number(r.View.Change),
			number(r.Detail), optional(r.SeedSpread), optional(r.FeatureDistance), number(r.NearFeatures), number(r.NearPixels)}
		for _, o := range r.Findings {
			row = append(row, number(o.Made.Value))
		}
		rows = append(rows, row)
	}
	return rows
}

// change is the mean change that a finding makes.
func (r *result) change() (mean float64) {
	for _, o := range r.Findings {
		mean += o.Change / float64(len(r.Findings))
	}
	return mean
}

// summary is the result as a table for people.
func (r *result) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "guidance %g\n%-20s %22s %26s %8s\n", r.Guidance, "", "AUC, real (held out)", "AUC, generated", "change")
	text := func(v *metric.Interval) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.2f (%.2f to %.2f)", v.Value, v.Low, v.High)
	}
	for _, o := range append(r.Findings[:len(r.Findings):len(r.Findings)], r.View) {
		fmt.Fprintf(&b, "%-20s %22s %26s %8.4f\n", o.Finding, text(o.Real), text(o.Made), o.Change)
	}
	fmt.Fprintf(&b, "mean of %d recognised findings: %.3f, real %.3f\n", r.Recognised, r.MeanMade, r.MeanReal)
	fmt.Fprintf(&b, "detail %.3f, seed spread %s, feature distance %s, near training images: %.3f by features, %.3f by pixels\n",
		r.Detail, optional(r.SeedSpread), optional(r.FeatureDistance), r.NearFeatures, r.NearPixels)
	return b.String()
}
