package site

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// The icon is a rib cage: ribs as cubic curves beside a spine, in a square of
// 100 units, as SVG and as PNG from the same numbers.

type point struct{ x, y float64 }

// curve is a cubic Bézier curve.
type curve [4]point

const (
	iconSide   = 100.0
	iconCorner = 22.0 // radius of the plate's corners
	ribWidth   = 4.6
	spineWidth = 5.0
)

var (
	iconPlate = color.NRGBA{0x0d, 0x13, 0x15, 0xff}
	iconRib   = color.NRGBA{0xe8, 0xee, 0xec, 0xff}
	iconSpine = color.NRGBA{0x5c, 0xc8, 0xbf, 0xff}
)

// ribs are four pairs, the wider the lower.
func ribs() []curve {
	var list []curve
	for i, reach := range []float64{20, 26, 29, 29} {
		y := 31 + 12*float64(i)
		for _, side := range []float64{-1, 1} {
			x := func(d float64) float64 { return iconSide/2 + side*d }
			list = append(list, curve{{x(7), y}, {x(reach * 0.55), y - 9}, {x(reach * 1.08), y - 5}, {x(reach), y + 11}})
		}
	}
	return list
}

// spine is a straight line as a curve.
func spine() curve {
	const top, bottom = 21, 80
	return curve{{iconSide / 2, top}, {iconSide / 2, top}, {iconSide / 2, bottom}, {iconSide / 2, bottom}}
}

// iconSVG is the icon for any size.
func iconSVG() []byte {
	var b strings.Builder
	path := func(c curve) string {
		return fmt.Sprintf("M%.4g %.4gC%.4g %.4g %.4g %.4g %.4g %.4g", c[0].x, c[0].y, c[1].x, c[1].y, c[2].x, c[2].y, c[3].x, c[3].y)
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %[1]g"><rect width="%[1]g" height="%[1]g" rx="%[2]g" fill="%[3]s"/>`,
		iconSide, iconCorner, css(iconPlate))
	fmt.Fprintf(&b, `<g fill="none" stroke-linecap="round"><path stroke="%s" stroke-width="%g" d="`, css(iconRib), ribWidth)
	for _, r := range ribs() {
		b.WriteString(path(r))
	}
	fmt.Fprintf(&b, `"/><path stroke="%s" stroke-width="%g" d="%s"/></g></svg>`+"\n", css(iconSpine), spineWidth, path(spine()))
	return []byte(b.String())
}

func css(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// iconPNG draws the icon, side × side pixels. A maskable one has no
// corners, as each system cuts its own, and the rib cage lies within the
// middle four fifths (W3C, Web Application Manifest, "Icon masks").
func iconPNG(side int, maskable bool) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	scale, corner := iconSide/float64(side), iconCorner
	zoom := 1.0
	if maskable {
		corner, zoom = 0, 0.86
	}
	var bones [][]point
	for _, r := range ribs() {
		bones = append(bones, r.flatten())
	}
	back := spine().flatten()
	for y := range side {
		for x := range side {
			p := point{(float64(x) + 0.5) * scale, (float64(y) + 0.5) * scale}
			c := iconPlate
			c.A = uint8(math.Round(255 * cover(roundedSquare(p, corner), scale)))
			q := point{(p.x-iconSide/2)/zoom + iconSide/2, (p.y-iconSide/2)/zoom + iconSide/2}
			d := math.Inf(1)
			for _, b := range bones {
				d = min(d, distance(q, b))
			}
			c = over(c, iconRib, cover((d-ribWidth/2)*zoom, scale))
			c = over(c, iconSpine, cover((distance(q, back)-spineWidth/2)*zoom, scale))
			img.SetNRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img)
	return b.Bytes(), err
}

// flatten converts a curve to a chain of points.
func (c curve) flatten() []point {
	const n = 24
	list := make([]point, n+1)
	for i := range list {
		t := float64(i) / n
		s := 1 - t
		a, b, d, e := s*s*s, 3*s*s*t, 3*s*t*t, t*t*t
		list[i] = point{a*c[0].x + b*c[1].x + d*c[2].x + e*c[3].x, a*c[0].y + b*c[1].y + d*c[2].y + e*c[3].y}
	}
	return list
}

// distance is the distance of a point from a chain.
func distance(p point, chain []point) float64 {
	d := math.Inf(1)
	for i, a := range chain[:len(chain)-1] {
		dx, dy := chain[i+1].x-a.x, chain[i+1].y-a.y
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = min(max(((p.x-a.x)*dx+(p.y-a.y)*dy)/l, 0), 1)
		}
		d = min(d, math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy))
	}
	return d
}

// roundedSquare is the signed distance from the plate's edge, negative inside.
func roundedSquare(p point, corner float64) float64 {
	half := iconSide/2 - corner
	x, y := math.Abs(p.x-iconSide/2)-half, math.Abs(p.y-iconSide/2)-half
	return math.Hypot(max(x, 0), max(y, 0)) + min(max(x, y), 0) - corner
}

// cover is how much of a pixel of a size lies inside an edge at a distance.
func cover(d, pixel float64) float64 { return min(max(0.5-d/pixel, 0), 1) }

// over lays a colour over another that is opaque wherever it matters.
func over(under, top color.NRGBA, share float64) color.NRGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	return color.NRGBA{mix(under.R, top.R), mix(under.G, top.G), mix(under.B, top.B), under.A}
}

// writeIcons writes what index.html and manifest.webmanifest name.
func writeIcons(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "icon.svg"), iconSVG(), 0o644); err != nil {
		return err
	}
	for _, i := range []struct {
		name     string
		side     int
		maskable bool
	}{
		{"icon-192.png", 192, false},
		{"icon-512.png", 512, false},
		{"icon-maskable-512.png", 512, true},
	} {
		b, err := iconPNG(i.side, i.maskable)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, i.name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
