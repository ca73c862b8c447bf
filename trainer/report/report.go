// Package report shows the folders of training runs: as one web page, and as
// event files for TensorBoard.
package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/trainer/runs"
)

var (
	// ErrRun is wrapped by errors of a folder that is no run.
	ErrRun = errors.New("report: not a run")
	// ErrExists is wrapped by the error of a page that is there already.
	ErrExists = errors.New("report: exists already")
)

// maxGrids is how many pictures of a run are shown: the first, the last, and
// some between.
const maxGrids = 6

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// run is what the page says about a folder.
type run struct {
	Name    string
	Kind    string
	Figures []row
	Curves  []curve
	Grids   []picked
	Below   string // what the grids show
	Options []row
	Notes   []string // what is missing
}

type row struct{ Name, Value string }

type curve struct {
	Title string
	SVG   template.HTML // of gonum/plot alone; the titles in it are ours
}

type picked struct {
	Step int
	Data template.URL
	Alt  string
}

// Write writes one page about the runs, with nothing outside it.
func Write(out string, runs []string, overwrite bool) error {
	if err := writable(out, overwrite); err != nil {
		return err
	}
	var list []run
	for _, dir := range runs {
		r, err := read(dir)
		if err != nil {
			return err
		}
		list = append(list, r)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, list); err != nil {
		return err
	}
	return atomicfile.Write(out, overwrite, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

// writable checks the place of the page before the work.
func writable(out string, overwrite bool) error {
	err := atomicfile.Check(out, overwrite)
	if errors.Is(err, atomicfile.ErrExists) {
		return fmt.Errorf("%w: %s (--force overwrites it)", ErrExists, out)
	}
	return err
}

func read(dir string) (run, error) {
	r := run{Name: filepath.Base(filepath.Clean(dir)), Kind: "training"}
	log, err := runs.ReadLog(dir)
	if err != nil {
		return r, fmt.Errorf("%w: %s: %w", ErrRun, dir, err)
	}
	if len(log) == 0 {
		return r, fmt.Errorf("%w: the log of %s is empty", ErrRun, dir)
	}
	r.describe(dir)
	r.figures(log)
	for _, c := range []struct {
		title, name string
		log         bool
	}{
		{"Loss", "loss", true},
		{"Held-out loss", "test_loss", false},
		{"Held-out SSIM", "test_ssim", false},
		{"Held-out PSNR, dB", "test_psnr", false},
		{"Gradient norm", "gradient_norm", true},
		{"Learning rate", "rate", false},
	} {
		if svg, err := draw(log, c.name, c.log); err != nil {
			return r, err
		} else if svg != "" {
			r.Curves = append(r.Curves, curve{c.title, svg})
		}
	}
	return r, r.grids(dir)
}

// describe reads the options of a run.
func (r *run) describe(dir string) {
	text, err := regular.Read(filepath.Join(dir, runs.OptionsFile), regular.MaxText)
	if errors.Is(err, fs.ErrNotExist) {
		r.Notes = append(r.Notes, "The run's options were not recorded.")
		return
	}
	var o struct {
		Kind    string         `json:"kind"`
		Machine map[string]any `json:"machine"`
		Options map[string]any `json:"options"`
	}
	if err != nil || json.Unmarshal(text, &o) != nil {
		r.Notes = append(r.Notes, "The run's options cannot be read.")
		return
	}
	r.Kind = o.Kind
	r.Options = append(rows("", o.Machine), rows("", o.Options)...)
}

// rows flattens an object.
func rows(prefix string, o map[string]any) []row {
	var list []row
	var names []string
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if inner, ok := o[name].(map[string]any); ok {
			list = append(list, rows(prefix+name+".", inner)...)
			continue
		}
		text, err := json.Marshal(o[name])
		if err != nil {
			continue
		}
		list = append(list, row{prefix + name, strings.Trim(string(text), `"`)})
	}
	return list
}

func (r *run) figures(log []map[string]float64) {
	last, best := map[string]float64{}, map[string]float64{}
	skipped := 0
	for _, line := range log {
		for name, v := range line {
			last[name] = v
			if b, ok := best[name]; !ok || (name == "test_loss") == (v < b) && v != b {
				best[name] = v
			}
		}
		if line["skipped"] != 0 {
			skipped++
		}
	}
	add := func(name, format string, a ...any) {
		r.Figures = append(r.Figures, row{name, fmt.Sprintf(format, a...)})
	}
	add("Steps", "%.0f", last["step"])
	add("Time", "%.1f min", last["seconds"]/60)
	if last["seconds"] > 0 {
		add("Steps a second", "%.2f", last["step"]/last["seconds"])
	}
	for _, f := range []struct{ name, title string }{{"test_loss", "Held-out loss"}, {"test_ssim", "Held-out SSIM"}, {"test_psnr", "Held-out PSNR, dB"}} {
		if v, ok := last[f.name]; ok {
			add(f.title, "%.4f (best %.4f)", v, best[f.name])
		}
	}
	if v, ok := last["peak_mb"]; ok {
		add("Peak memory", "%.0f MB", v)
	}
	add("Steps skipped", "%d", skipped)
}

// The colours are read on light and on dark ground.
var (
	faint  = color.NRGBA{R: 120, G: 150, B: 200, A: 110}
	strong = color.RGBA{R: 40, G: 110, B: 200, A: 255}
	ink    = color.RGBA{R: 128, G: 128, B: 128, A: 255}
)

// draw draws a figure of the log over the steps: each value faint, their
// running mean strong. "" means that there is none.
func draw(log []map[string]float64, name string, logarithmic bool) (template.HTML, error) {
	var points plotter.XYs
	for _, line := range log {
		if v, ok := line[name]; ok && !math.IsNaN(v) && !math.IsInf(v, 0) && (!logarithmic || v > 0) {
			points = append(points, plotter.XY{X: line["step"], Y: v})
		}
	}
	if len(points) < 2 {
		return "", nil
	}
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color, a.Tick.Label.Color, a.Label.TextStyle.Color = ink, ink, ink, ink
	}
	p.X.Label.Text = "step"
	lowest, highest := math.Inf(1), math.Inf(-1)
	for _, q := range points {
		lowest, highest = min(lowest, q.Y), max(highest, q.Y)
	}
	if logarithmic && highest > 10*lowest {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	smooth := points
	if len(points) > 60 {
		raw, err := plotter.NewLine(thin(points, 1500))
		if err != nil {
			return "", err
		}
		raw.Color = faint
		p.Add(raw)
		smooth = mean(points, len(points)/30)
	}
	line, err := plotter.NewLine(thin(smooth, 400))
	if err != nil {
		return "", err
	}
	line.Color, line.Width = strong, vg.Points(1.6)
	p.Add(line)
	canvas := vgsvg.New(5.2*vg.Inch, 2.6*vg.Inch)
	// Room for the half of the last label that is beside the axis.
	p.Draw(vgdraw.Crop(vgdraw.New(canvas), 0, -vg.Points(14), 0, -vg.Points(4)))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", err
	}
	_, svg, _ := strings.Cut(b.String(), "<svg")
	return template.HTML("<svg" + svg), nil
}

// mean is the mean of n points around each.
func mean(points plotter.XYs, n int) plotter.XYs {
	sums := make([]float64, len(points)+1)
	for i, p := range points {
		sums[i+1] = sums[i] + p.Y
	}
	out := make(plotter.XYs, len(points))
	for i, p := range points {
		from, to := max(0, i-n/2), min(len(points), i+n/2+1)
		out[i] = plotter.XY{X: p.X, Y: (sums[to] - sums[from]) / float64(to-from)}
	}
	return out
}

// thin keeps about n points, evenly.
func thin(points plotter.XYs, n int) plotter.XYs {
	if len(points) <= n {
		return points
	}
	out := make(plotter.XYs, n)
	for i := range out {
		out[i] = points[i*(len(points)-1)/(n-1)]
	}
	return out
}

func (r *run) grids(dir string) error {
	list, err := findGrids(dir)
	if err != nil {
		return err
	}
	r.Below = "Samples of the averaged weights: one prompt per row, one seed per column."
	if r.Kind == "vae" {
		r.Below = "Held-out originals above, their reconstructions below."
	}
	n := min(len(list), maxGrids)
	for i := range n {
		g := list[0]
		if n > 1 {
			g = list[i*(len(list)-1)/(n-1)]
		}
		data, _, _, err := g.read()
		if err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("The grid of step %d is not shown: %v.", g.step, err))
			continue
		}
		r.Grids = append(r.Grids, picked{g.step, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(data)),
			fmt.Sprintf("Grid at step %d. %s Synthetic or research images, not for diagnosis.", g.step, r.Below)})
	}
	if len(list) == 0 {
		r.Notes = append(r.Notes, "There is no grid yet.")
	}
	return nil
}
