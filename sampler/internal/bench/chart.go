package bench

import (
	"image/color"
	"io"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// chart is a figure of panels side by side.
type chart struct {
	title   string
	columns int
	panels  []panel
}

// panel is one plot of lines through points.
type panel struct {
	title, x, y string // titles of the plot and of its axes
	logX        bool   // by powers; the ticks are the points' own
	fromZero    bool   // the y axis begins at 0
	lines       []line
}

type line struct {
	name   string // in the legend, where there is more than one
	points []point
}

type point struct{ x, y float64 }

const (
	panelWidth, panelHeight = 4 * vg.Inch, 3.2 * vg.Inch
	titleHeight             = 0.4 * vg.Inch
	padding                 = 0.1 * vg.Inch

	sans = "Sans" // the variant of the font that browsers without it come near to
)

// lineColours are those of Okabe and Ito (2008), which all people can
// distinguish.
var lineColours = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff}, color.Black,
}

// write draws the chart into an SVG file, whole or not at all.
func (c chart) write(path string) error {
	rows := (len(c.panels) + c.columns - 1) / c.columns
	canvas := vgsvg.New(vg.Length(c.columns)*panelWidth, vg.Length(rows)*panelHeight+titleHeight)
	all := vgdraw.New(canvas)
	title := plot.New().Title.TextStyle
	title.Font.Size, title.Font.Variant = vg.Points(16), sans
	title.XAlign, title.YAlign = vgdraw.XCenter, vgdraw.YTop
	all.FillText(title, vg.Point{X: all.Center().X, Y: all.Max.Y - padding}, c.title)
	tiles := vgdraw.Tiles{Rows: rows, Cols: c.columns, PadTop: titleHeight, PadX: padding, PadY: padding}
	for i, p := range c.panels {
		drawn, err := p.plot()
		if err != nil {
			return err
		}
		// Room for the half of the last label that is beside the axis.
		drawn.Draw(vgdraw.Crop(tiles.At(all, i%c.columns, i/c.columns), 0, -vg.Points(14), 0, -vg.Points(6)))
	}
	return atomicfile.Write(path, true, func(w io.Writer) error {
		_, err := canvas.WriteTo(w)
		return err
	})
}

// plot makes a plot of the panel.
func (p panel) plot() (*plot.Plot, error) {
	drawn := plot.New()
	drawn.Title.Text, drawn.X.Label.Text, drawn.Y.Label.Text = p.title, p.x, p.y
	for _, style := range []*vgdraw.TextStyle{&drawn.Title.TextStyle, &drawn.X.Label.TextStyle, &drawn.Y.Label.TextStyle,
		&drawn.X.Tick.Label, &drawn.Y.Tick.Label, &drawn.Legend.TextStyle} {
		style.Font.Variant = sans
	}
	drawn.Legend.Left, drawn.Legend.Top = true, p.rises()
	drawn.Add(plotter.NewGrid())
	var xs []float64
	for i, l := range p.lines {
		points := make(plotter.XYs, len(l.points))
		for k, q := range l.points {
			points[k] = plotter.XY{X: q.x, Y: q.y}
			xs = append(xs, q.x)
		}
		drawnLine, drawnPoints, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		colour := lineColours[i%len(lineColours)]
		drawnLine.Color, drawnPoints.Color, drawnPoints.Shape = colour, colour, vgdraw.CircleGlyph{}
		drawn.Add(drawnLine, drawnPoints)
		if len(p.lines) > 1 {
			drawn.Legend.Add(l.name, drawnLine, drawnPoints)
		}
	}
	if p.fromZero {
		drawn.Y.Min = 0
	}
	if p.logX {
		drawn.X.Scale = plot.LogScale{}
		drawn.X.Tick.Marker = ticksAt(xs)
	}
	return drawn, nil
}

// rises reports whether the lines begin in the lower half of the plot, so that
// the upper left corner is free, and otherwise the lower one.
func (p panel) rises() bool {
	var begins, all []float64
	for _, l := range p.lines {
		begins = append(begins, l.points[0].y)
		for _, q := range l.points {
			all = append(all, q.y)
		}
	}
	low := slices.Min(all)
	if p.fromZero {
		low = min(low, 0)
	}
	return slices.Max(begins) < (low+slices.Max(all))/2
}

// minimumRatio is how far apart on an axis of powers the labels of two ticks
// must be.
const minimumRatio = 1.2

// ticksAt are ticks at the values, with labels where there is room.
func ticksAt(values []float64) plot.ConstantTicks {
	sorted := slices.Compact(slices.Sorted(slices.Values(values)))
	var ticks plot.ConstantTicks
	labelled := 0.0
	for _, v := range sorted {
		t := plot.Tick{Value: v}
		if v >= minimumRatio*labelled {
			t.Label, labelled = strconv.FormatFloat(v, 'g', 6, 64), v
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// checkOutputs refuses, before anything is measured, an --out whose table and
// chart could not be written.
func (b *target) checkOutputs(out string, overwrite bool) error {
	for _, extension := range []string{".csv", ".svg"} {
		if err := b.host.CheckOutput(out+extension, overwrite); err != nil {
			return err
		}
	}
	return nil
}

// writeText writes a file, whole or not at all.
func writeText(path, content string) error {
	return atomicfile.WriteBytes(path, true, []byte(content))
}
