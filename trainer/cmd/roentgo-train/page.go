//go:build libtorch

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/weights"
)

// pageOptions are the flags of `page`.
type pageOptions struct {
	eval, beside, manifest, template, out string
	force                                 bool
}

// pageFigures is what a template is filled with.
type pageFigures struct {
	Eval     evaluation
	Result   *result // of the first guidance
	Beside   *result // of another model, by the same classifier; or nil
	Manifest weights.Manifest
	Rows     []distanceRow // of Eval and Result, generated images after real ones
	Pairs    []pairedRow
}

func pageCommand() *cobra.Command {
	var o pageOptions
	cmd := &cobra.Command{
		Use:   "page --eval FILE --manifest FILE --template FILE --out FILE",
		Short: "Write a model card, or another page, from a template and the figures of an evaluation",
		Long: `Fill a template (Go's text/template) with the figures of 'eval' and what the model's
manifest states: the model card in HuggingFace's form, or the page beside the study.
A figure that the template names and the evaluation lacks is an error.`,
		Example: "  roentgo-train page --eval runs/eval/eval.json --manifest weights/default/roentgo-mini.manifest.json \\\n" +
			"      --template weights/default/card.md.tmpl --force --out weights/default/README.md",
		Args: exactly(0),
		RunE: func(*cobra.Command, []string) error { return o.run() },
	}
	f := cmd.Flags()
	f.StringVar(&o.eval, "eval", "", "eval.json that 'eval' wrote (required)")
	f.StringVar(&o.beside, "beside", "", "eval.json of another model, for a template that compares the two")
	f.StringVar(&o.manifest, "manifest", "", "manifest of the model file that it measured (required)")
	f.StringVar(&o.template, "template", "", "template of the page (required)")
	f.StringVar(&o.out, "out", "", "page to write (required)")
	f.BoolVar(&o.force, "force", false, "overwrite an existing page")
	for _, name := range []string{"eval", "manifest", "template", "out"} {
		cmd.MarkFlagRequired(name)
	}
	return cmd
}

func (o pageOptions) run() error {
	if _, err := os.Stat(o.out); err == nil && !o.force {
		return misuse{fmt.Errorf("%s exists already; choose another name or overwrite it by --force", o.out)}
	}
	var p pageFigures
	if err := readJSON(o.eval, &p.Eval); err != nil {
		return err
	}
	if err := readJSON(o.manifest, &p.Manifest); err != nil {
		return err
	}
	if p.Eval.Distances == nil || len(p.Eval.Results) == 0 {
		return fmt.Errorf("%s has no figures of generated images (make it with 'roentgo-train eval')", o.eval)
	}
	if p.Eval.Model != p.Manifest.ModelHash {
		return fmt.Errorf("%s measured the model %.12s, %s is of %.12s: evaluate this model", o.eval, p.Eval.Model, o.manifest, p.Manifest.ModelHash)
	}
	p.Result = p.Eval.Results[0]
	if o.beside != "" {
		var other evaluation
		if err := readJSON(o.beside, &other); err != nil {
			return err
		}
		if len(other.Results) == 0 || other.Classifier != p.Eval.Classifier || other.Seeds != p.Eval.Seeds {
			return fmt.Errorf("%s and %s are not of one classifier and one number of seeds: their figures cannot stand beside each other", o.eval, o.beside)
		}
		p.Beside = other.Results[0]
	}
	p.Rows = insertRow(p.Eval.Distances.Rows, p.Result.Distance)
	p.Pairs = insertRow(p.Eval.Paired, p.Result.Paired)
	text, err := regular.Read(o.template, regular.MaxText)
	if err != nil {
		return err
	}
	page, err := fillPage(string(text), p)
	if err != nil {
		return fmt.Errorf("%s: %w", o.template, err)
	}
	return atomicfile.WriteBytes(o.out, o.force, page)
}

// insertRow puts the row of generated images before the last one, that of noise.
func insertRow[T any](rows []T, made T) []T {
	n := max(len(rows)-1, 0)
	return append(append(rows[:n:n], made), rows[n:]...)
}

func readJSON(path string, to any) error {
	text, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// fillPage fills a template. Figures that are not finite are an error.
func fillPage(text string, p pageFigures) ([]byte, error) {
	number := func(digits int, v float64) (string, error) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "", fmt.Errorf("a figure is %g", v)
		}
		return fmt.Sprintf("%.*f", digits, v), nil
	}
	t, err := template.New("page").Option("missingkey=error").Funcs(template.FuncMap{
		"number":  number,
		"percent": func(v float64) (string, error) { return number(1, 100*v) },
		"interval": func(digits int, v metric.Interval) (string, error) {
			if !v.Finite() {
				return "", fmt.Errorf("a figure is %+v", v)
			}
			return fmt.Sprintf("%.*f (%.*f to %.*f)", digits, v.Value, digits, v.Low, digits, v.High), nil
		},
		"title": titleOf,
		"agreement": func(finding string) *agreement {
			for i := range p.Result.Agreement {
				if p.Result.Agreement[i].Finding == finding {
					return &p.Result.Agreement[i]
				}
			}
			return nil
		},
		"beside": func(finding string) (obedience, error) {
			if p.Beside == nil {
				return obedience{}, fmt.Errorf("the template compares two models: give the other's figures with --beside")
			}
			for _, o := range append(p.Beside.Findings[:len(p.Beside.Findings):len(p.Beside.Findings)], p.Beside.View) {
				if o.Finding == finding {
					return o, nil
				}
			}
			return obedience{}, fmt.Errorf("--beside lacks %q", finding)
		},
		"overall":  func() (overallRates, error) { return overall(p.Result.Agreement) },
		"megabyte": func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1e6) },
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	err = t.Execute(&page, p)
	return page.Bytes(), err
}

// overallRates are means over findings of at least leastPositives images.
type overallRates struct {
	Findings            int
	RealP, RealR, RealF float64
	MadeP, MadeR, MadeF float64
}

func overall(list []agreement) (o overallRates, err error) {
	for _, a := range list {
		if a.Positives < leastPositives {
			continue
		}
		o.Findings++
		o.RealP, o.RealR, o.RealF = o.RealP+a.Real.Precision.Value, o.RealR+a.Real.Recall.Value, o.RealF+a.Real.F1.Value
		o.MadeP, o.MadeR, o.MadeF = o.MadeP+a.Made.Precision.Value, o.MadeR+a.Made.Recall.Value, o.MadeF+a.Made.F1.Value
	}
	if o.Findings == 0 {
		return o, fmt.Errorf("no finding has %d captions", leastPositives)
	}
	for _, v := range []*float64{&o.RealP, &o.RealR, &o.RealF, &o.MadeP, &o.MadeR, &o.MadeF} {
		*v /= float64(o.Findings)
	}
	return o, nil
}
