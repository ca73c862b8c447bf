//go:build libtorch

package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/weights"
)

// madeUp is an evaluation whose figures are made up.
func madeUp() evaluation {
	i := metric.Interval{Value: 0.5, Low: 0.25, High: 0.75}
	row := func(name string) distanceRow {
		return distanceRow{Name: name, Images: 9, Frechet: i, KID: i, Precision: i, Recall: i, Density: i, Coverage: i, InceptionScore: &i}
	}
	pairs := func(name string) pairedRow {
		m := measure{i, 0.1}
		return pairedRow{Name: name, Images: 9, SSIM: m, PSNR: m, MSE: m, MSSSIM: &m}
	}
	spread := 1.0
	r := &result{Guidance: 2, Distance: row(nameMade), Paired: pairs(nameMade), SeedSpread: &spread, FeatureDistance: &spread,
		View: obedience{Finding: "AP", Real: &i, Made: &i}}
	for _, finding := range []string{"No Finding", "Pneumonia", "Effusion", "Cardiomegaly", "Pneumothorax"} {
		r.Findings = append(r.Findings, obedience{Finding: finding, Real: &i, Made: &i})
		r.Agreement = append(r.Agreement, agreement{finding, 9, 6, rates{i, i, i}, rates{i, i, i}})
	}
	for _, kind := range []string{"anatomical implausibility", "missing subtle finding", "unrealistic texture"} {
		r.Failures = append(r.Failures, failure{Kind: kind, Rule: "a rule", Images: 9, Made: i, Real: i})
	}
	r.Groups = []group{{Attribute: "view", Name: "PA", Train: 9, Unasked: &i, AUC: &i}, {Attribute: "age", Name: "0 to 19 years"}}
	r.Agreement[1].Positives = 2 // too few for the mean
	r.Agreement[1].Made.F1.Value = 0.9
	return evaluation{Command: "roentgo-train eval", Model: "abc", Seeds: 9, Reconstructed: &reconstruction{},
		Distances: &distances{Network: "roentgo", Reference: 99, Rows: []distanceRow{row(nameReal), row(nameNoise)}},
		Paired:    []pairedRow{pairs(nameReconstructed), pairs(nameNoise)}, Results: []*result{r}}
}

func TestPage(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	put := func(name string, content any) {
		text, ok := content.(string)
		if !ok {
			b, err := json.Marshal(content)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if err := os.WriteFile(at(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("eval.json", madeUp())
	put("manifest.json", weights.Manifest{ModelHash: "abc", Size: 13_700_000, License: "Apache-2.0"})
	put("other.json", weights.Manifest{ModelHash: "def"})
	put("page.tmpl", `{{megabyte .Manifest.Size}} {{range .Rows}}{{.Name}}: {{interval 2 .Frechet}}; {{end}}{{with overall}}{{.Findings}} {{number 2 .MadeF}}{{end}}`)
	put("wrong.tmpl", `{{.Eval.Nothing}}`)
	command := func(template, manifest, out string, more ...string) []string {
		return append([]string{"page", "--eval", at("eval.json"), "--manifest", at(manifest), "--template", at(template), "--out", at(out)}, more...)
	}
	if status, _, stderr := program(t, command("page.tmpl", "manifest.json", "page.md")...); status != 0 {
		t.Fatal(stderr)
	}
	text, _ := os.ReadFile(at("page.md"))
	want := "13.7 real, held out: 0.50 (0.25 to 0.75); generated: 0.50 (0.25 to 0.75); noise: 0.50 (0.25 to 0.75); 4 0.50"
	if string(text) != want {
		t.Errorf("%q, want %q", text, want)
	}
	put("beside.tmpl", `{{with beside "Effusion"}}{{interval 2 .Made}}{{end}}`)
	refused(t, 1, "--beside", command("beside.tmpl", "manifest.json", "beside.md")...)
	if status, _, stderr := program(t, command("beside.tmpl", "manifest.json", "beside.md", "--beside", at("eval.json"))...); status != 0 {
		t.Error(stderr)
	}
	put("another.json", evaluation{Model: "def", Classifier: "another", Seeds: 9, Results: madeUp().Results})
	refused(t, 1, "not of one classifier", command("beside.tmpl", "manifest.json", "new.md", "--beside", at("another.json"))...)
	refused(t, 2, "exists already", command("page.tmpl", "manifest.json", "page.md")...)
	refused(t, 1, "evaluate this model", command("page.tmpl", "other.json", "new.md")...)
	refused(t, 1, "wrong.tmpl", command("wrong.tmpl", "manifest.json", "new.md")...)
	refused(t, 1, "no such file", command("absent.tmpl", "manifest.json", "new.md")...)
	if status, _, stderr := program(t, command("page.tmpl", "manifest.json", "page.md", "--force")...); status != 0 {
		t.Error(stderr)
	}
	put("eval.json", evaluation{Model: "abc"})
	refused(t, 1, "no figures of generated images", command("page.tmpl", "manifest.json", "new.md")...)
}

// TestTemplates fills the templates that are here: each names figures that an
// evaluation has.
func TestTemplates(t *testing.T) {
	v := madeUp()
	p := pageFigures{Eval: v, Result: v.Results[0], Rows: insertRow(v.Distances.Rows, v.Results[0].Distance), Pairs: insertRow(v.Paired, v.Results[0].Paired), Beside: madeUp().Results[0]}
	for _, path := range []string{"../../../weights/default/card.md.tmpl", "../../../weights/fast/card.md.tmpl", "../../study.md.tmpl"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := fillPage(string(text), p)
		if err != nil || !strings.Contains(string(page), "0.50 (0.25 to 0.75)") || strings.Contains(string(page), "no value") {
			t.Errorf("%s: %v\n%s", path, err, page)
		}
		p.Result.Distance.Frechet.Value = math.NaN()
		p.Rows[len(p.Rows)-2] = p.Result.Distance
		if _, err := fillPage(string(text), p); err == nil {
			t.Errorf("%s: a figure that is not a number is no error", path)
		}
		p.Rows[len(p.Rows)-2].Frechet.Value = 0.5
		p.Result.Distance.Frechet.Value = 0.5
	}
}
