//go:build libtorch

package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/trainer/metric"
)

//go:embed eval.html.tmpl
var evalPage string

// Pictures are those of each guidance, and what they show.
func (v *evaluation) Pictures() map[string]string {
	return map[string]string{
		"random":      "16 seeds of 16 prompts, not picked.",
		"findings-PA": "PA: a finding per row, a seed per column.",
		"findings-AP": "AP: a finding per row, a seed per column.",
		"differences": "What a finding changes on average: generated, real; PA, then AP.",
		"text":        "A text per row, a seed per column.",
		"failures":    "The images that fail most, of 200 random captions: a rule per row.",
		"closest":     "Generated, then the nearest training image.",
		"montage":     "Real and generated images, shuffled: eval.json has the key.",
	}
}

// writePage writes a page with the figures and the pictures beside it.
func (v *evaluation) writePage(path string) error {
	picture := func(name string, guidance float64) string {
		if v.several {
			name += fmt.Sprintf("-g%g", guidance)
		}
		return name + ".png"
	}
	t, err := template.New("eval").Funcs(template.FuncMap{
		"number": func(digits int, x float64) string { return strconv.FormatFloat(x, 'f', digits, 64) },
		"interval": func(digits int, x metric.Interval) string {
			return fmt.Sprintf("%.*f (%.*f to %.*f)", digits, x.Value, digits, x.Low, digits, x.High)
		},
		"title":   titleOf,
		"picture": picture,
		"exists": func(name string) bool {
			_, err := os.Stat(filepath.Join(filepath.Dir(path), name))
			return err == nil
		},
	}).Parse(evalPage)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, v); err != nil {
		return err
	}
	return atomicfile.Write(path, true, func(w io.Writer) error {
		_, err := w.Write(page.Bytes())
		return err
	})
}
