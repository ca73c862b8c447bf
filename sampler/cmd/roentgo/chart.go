package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

// chart is a figure of panels side by side, written as SVG.
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

// Sizes in pixels.
const (
	panelWidth, panelHeight = 400, 320
	plotLeft, plotRight     = 62, 16
	plotTop, plotBottom     = 34, 48
	titleHeight             = 44
	legendRow               = 16
	labelRoom               = 26 // between the labels of two ticks
)

// The colours of Okabe and Ito (2008), told apart by everyone.
var lineColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"}

// svg draws the chart.
func (c chart) svg() string {
	rows := (len(c.panels) + c.columns - 1) / c.columns
	width, height := c.columns*panelWidth, titleHeight+rows*panelHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#222">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	text(&b, width/2, 26, "middle", 16, c.title)
	for i, p := range c.panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%c.columns*panelWidth, titleHeight+i/c.columns*panelHeight)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func text(b *strings.Builder, x, y int, anchor string, size int, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="%s" font-size="%d">`, x, y, anchor, size)
	xml.EscapeText(b, []byte(s)) // into memory: it cannot fail
	b.WriteString("</text>\n")
}

// draw draws the panel with its corner at the origin.
func (p panel) draw(b *strings.Builder) {
	left, right, top, bottom := float64(plotLeft), float64(panelWidth-plotRight), float64(plotTop), float64(panelHeight-plotBottom)
	var xs, ys []float64
	for _, l := range p.lines {
		for _, q := range l.points {
			xs, ys = append(xs, q.x), append(ys, q.y)
		}
	}
	if len(xs) == 0 {
		return
	}
	if p.fromZero {
		ys = append(ys, 0)
	}
	x, y := newAxis(xs, p.logX), newAxis(ys, false)
	atX := func(v float64) float64 { return left + x.at(v)*(right-left) }
	atY := func(v float64) float64 { return bottom - y.at(v)*(bottom-top) }
	text(b, panelWidth/2, 20, "middle", 13, p.title)
	for _, v := range y.ticks {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", left, right, atY(v), atY(v))
		text(b, plotLeft-6, int(atY(v))+4, "end", 11, number(v))
	}
	labelled := math.Inf(-1) // where the last label is
	for _, v := range x.ticks {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="#999"/>`+"\n", atX(v), atX(v), bottom, bottom+4)
		if atX(v)-labelled >= labelRoom {
			labelled = atX(v)
			text(b, int(labelled), int(bottom)+17, "middle", 11, number(v))
		}
	}
	fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1fH%.1f" fill="none" stroke="#999"/>`+"\n", left, top, bottom, right)
	text(b, int(left+right)/2, panelHeight-12, "middle", 12, p.x)
	fmt.Fprintf(b, `<g transform="translate(14 %d) rotate(-90)">`, int(top+bottom)/2)
	text(b, 0, 0, "middle", 12, p.y)
	b.WriteString("</g>\n")
	for i, l := range p.lines {
		colour := lineColours[i%len(lineColours)]
		var path strings.Builder
		for k, q := range l.points {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(k, 1)], atX(q.x), atY(q.y))
		}
		fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.8"/>`+"\n", path.String(), colour)
		for _, q := range l.points {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.6" fill="%s"/>`+"\n", atX(q.x), atY(q.y), colour)
		}
	}
	if len(p.lines) > 1 {
		p.legend(b, atX, atY)
	}
}

// legend names the lines in the corner of the plot that has the fewest points.
func (p panel) legend(b *strings.Builder, atX, atY func(float64) float64) {
	widest := 0
	for _, l := range p.lines {
		widest = max(widest, len([]rune(l.name)))
	}
	width, height := 34+int(7*float64(widest)), 6+legendRow*len(p.lines)
	best, fewest := [2]int{}, math.MaxInt
	for _, corner := range [][2]int{
		{panelWidth - plotRight - width - 4, plotTop + 4}, {plotLeft + 8, plotTop + 4},
		{panelWidth - plotRight - width - 4, panelHeight - plotBottom - height - 6}, {plotLeft + 8, panelHeight - plotBottom - height - 6},
	} {
		n := 0
		for _, l := range p.lines {
			for _, q := range l.points {
				x, y := int(atX(q.x)), int(atY(q.y))
				if x > corner[0]-8 && x < corner[0]+width+8 && y > corner[1]-8 && y < corner[1]+height+8 {
					n++
				}
			}
		}
		if n < fewest {
			best, fewest = corner, n
		}
	}
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#fff" fill-opacity="0.85" stroke="#ddd"/>`+"\n", best[0], best[1], width, height)
	for i, l := range p.lines {
		y := best[1] + legendRow*i + 14
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="2"/>`+"\n", best[0]+6, best[0]+22, y-4, y-4, lineColours[i%len(lineColours)])
		text(b, best[0]+27, y, "start", 11, l.name)
	}
}

// axis maps values to [0, 1].
type axis struct {
	low, high float64
	log       bool
	ticks     []float64
}

func newAxis(values []float64, log bool) axis {
	a := axis{log: log, low: slices.Min(values), high: slices.Max(values)}
	if log {
		slices.Sort(values)
		a.ticks = slices.Compact(values)
		return a
	}
	span := a.high - a.low
	if span == 0 {
		span = max(math.Abs(a.high), 1)
	}
	step := math.Pow(10, math.Floor(math.Log10(span/5)))
	for _, m := range []float64{1, 2, 5, 10} {
		if span/(step*m) <= 6 {
			step *= m
			break
		}
	}
	a.low, a.high = math.Floor(a.low/step)*step, math.Ceil(a.high/step)*step
	for k := range int(math.Round((a.high-a.low)/step)) + 1 {
		a.ticks = append(a.ticks, a.low+float64(k)*step)
	}
	return a
}

func (a axis) at(v float64) float64 {
	if a.high == a.low {
		return 0.5
	}
	if a.log {
		return math.Log(v/a.low) / math.Log(a.high/a.low)
	}
	return (v - a.low) / (a.high - a.low)
}

// number is a tick's label, without the noise of binary fractions.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e9)/1e9, 'g', 6, 64)
}

// checkCharts refuses, before anything is measured, an --out whose table and
// chart could not be written.
func checkCharts(out string, overwrite bool) error {
	for _, extension := range []string{".csv", ".svg"} {
		if err := checkOutput(out+extension, overwrite); err != nil {
			return err
		}
	}
	return writable(filepath.Dir(out))
}

// writeText writes a file, whole or not at all.
func writeText(path, content string) error {
	return atomicfile.Write(path, true, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}
