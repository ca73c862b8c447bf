//go:build libtorch

package main

import (
	"fmt"
	"image/color"
	"io"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// curve is a line of a plot.
type curve struct {
	name   string
	points plotter.XYs
}

// newPlot draws curves.
func newPlot(title, x, y string, curves ...curve) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Add(plotter.NewGrid())
	for i, c := range curves {
		if len(c.points) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(c.points)
		if err != nil {
			return nil, err
		}
		line.Color, points.Color = plotutil.Color(i), plotutil.Color(i)
		points.Radius = vg.Points(1.5)
		p.Add(line, points)
		if c.name != "" {
			p.Legend.Add(c.name, line)
		}
	}
	return p, nil
}

// writePlots draws plots side by side, columns to a row.
func writePlots(path string, plots []*plot.Plot, columns int) error {
	rows := (len(plots) + columns - 1) / columns
	canvas := vgimg.New(vg.Length(columns)*4.5*vg.Inch, vg.Length(rows)*3.2*vg.Inch)
	area := draw.New(canvas)
	area.SetColor(color.White)
	area.Fill(area.Rectangle.Path())
	tiles := draw.Tiles{Rows: rows, Cols: columns, PadX: vg.Points(12), PadY: vg.Points(12), PadTop: vg.Points(6), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(12)}
	for i, p := range plots {
		p.Draw(tiles.At(area, i%columns, i/columns))
	}
	return atomicfile.Write(path, true, func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
		return err
	})
}

// plotSpectra draws power over frequency, both by logarithms.
func (v *evaluation) plotSpectra(path string) error {
	of := func(name string, spectrum []float64) curve {
		c := curve{name: name}
		for f := 1; f < len(spectrum); f++ {
			if spectrum[f] > 0 {
				c.points = append(c.points, plotter.XY{X: float64(f), Y: spectrum[f]})
			}
		}
		return c
	}
	curves := []curve{of("real, held out", v.real)}
	if v.Reconstructed != nil {
		curves = append(curves, of("reconstructed", v.Reconstructed.spectrum))
	}
	for _, r := range v.Results {
		curves = append(curves, of(fmt.Sprintf("generated, guidance %g", r.Guidance), r.spectrum))
	}
	p, err := newPlot(fmt.Sprintf("Power of images of %d × %d", v.size, v.size), "cycles per image", "power", curves...)
	if err != nil {
		return err
	}
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Legend.Left, p.Legend.Top = true, false
	return writePlots(path, []*plot.Plot{p}, 1)
}

// plotCurve draws detail and distance over the number of steps.
func plotCurve(path string, detail, distance []curve) error {
	var plots []*plot.Plot
	for _, panel := range []struct {
		title, y string
		curves   []curve
	}{
		{"Detail above a quarter of Nyquist", "of real images", detail},
		{fmt.Sprintf("Distance from %d steps", curveReference), "of the grey range", distance},
	} {
		p, err := newPlot(panel.title, "steps", panel.y, panel.curves...)
		if err != nil {
			return err
		}
		p.X.Min, p.X.Max, p.Y.Min = 0, float64(curveSteps[len(curveSteps)-1])*2.2, 0 // room for the legend
		p.Legend.Top = true
		plots = append(plots, p)
	}
	return writePlots(path, plots, 2)
}

// plotSweep draws the figures over guidance.
func (v *evaluation) plotSweep(path string) error {
	over := func(name string, value func(r *result) *float64) curve {
		c := curve{name: name}
		for _, r := range v.Results {
			if y := value(r); y != nil {
				c.points = append(c.points, plotter.XY{X: r.Guidance, Y: *y})
			}
		}
		return c
	}
	auc := []curve{
		over("mean", func(r *result) *float64 { return &r.MeanMade }),
		over("mean, real", func(r *result) *float64 { return &r.MeanReal }),
		over("view", func(r *result) *float64 { return &r.View.Made.Value }),
	}
	for k, o := range v.Results[0].Findings {
		switch o.Finding {
		case "Effusion", "Cardiomegaly", "Pneumothorax", "Edema":
			auc = append(auc, over(o.Finding, func(r *result) *float64 { return &r.Findings[k].Made.Value }))
		}
	}
	most := 0.0
	for _, r := range v.Results {
		most = max(most, r.Guidance)
	}
	var plots []*plot.Plot
	for _, panel := range []struct {
		title, y string
		curves   []curve
	}{
		{"Obedience", "AUC", auc},
		{"Change that a prompt makes", "of the grey range", []curve{
			over("finding", func(r *result) *float64 { c := r.change(); return &c }),
			over("view", func(r *result) *float64 { return &r.View.Change })}},
		{"Detail above a quarter of Nyquist", "of real images", []curve{over("", func(r *result) *float64 { return &r.Detail })}},
		{"Distance between seeds", "of real images", []curve{over("", func(r *result) *float64 { return r.SeedSpread })}},
		{"Feature distance of normal chests", "held-out patients: 1", []curve{over("", func(r *result) *float64 { return r.FeatureDistance })}},
		{"Nearer to training than 99 % of held-out", "share", []curve{
			over("features", func(r *result) *float64 { return &r.NearFeatures }),
			over("pixels", func(r *result) *float64 { return &r.NearPixels })}},
	} {
		p, err := newPlot(panel.title, "guidance", panel.y, panel.curves...)
		if err != nil {
			return err
		}
		p.X.Min, p.X.Max = 0, most*1.5 // room for the legend
		p.Y.Min, p.Y.Max = min(p.Y.Min, 0), max(p.Y.Max, 1e-3)*1.05
		p.Legend.Top = true
		plots = append(plots, p)
	}
	return writePlots(path, plots, 3)
}
