// Package alter changes images as happens to those that are passed on. With it
// is measured what a watermark survives.
package alter

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"math"

	scale "golang.org/x/image/draw"

	"github.com/roentgo/roentgo/internal/metric"
)

// Alteration is a change of an image.
type Alteration struct {
	Name    string
	Promise bool // a watermark is found afterwards in 99 % of images, at least
	Resizes bool // so that it is found by a search over sizes alone
	Apply   func(*image.Gray) *image.Gray
}

// All lists the alterations.
var All = []Alteration{
	{"none", true, false, func(g *image.Gray) *image.Gray { return g }},
	{"JPEG, quality 75", true, false, quality(75)},
	{"JPEG, quality 50", true, false, quality(50)},
	{"JPEG, quality 30", false, false, quality(30)},
	{"scaled to 0.5 and back, bilinear", true, false, halved(scale.BiLinear)},
	{"scaled to 0.5 and back, bicubic", true, false, halved(scale.CatmullRom)},
	{"scaled to 0.5", false, false, resized(0.5)},
	{"scaled to 2", false, false, resized(2)},
	{"scaled to 0.77", false, true, resized(0.77)},
	{"10 % of each side cropped, from top and left", true, false, cropped(0.1, 0, 0)},
	{"10 % of each side cropped, around the middle", true, false, cropped(0.05, 0.05, 0)},
	{"10 % cropped and scaled back", false, true, cropped(0.05, 0.05, 1)},
	{"brightness × 1.2", true, false, levels(func(v float64) float64 { return v * 1.2 })},
	{"brightness × 0.8", true, false, levels(func(v float64) float64 { return v * 0.8 })},
	{"brightness + 51", true, false, levels(func(v float64) float64 { return v + 51 })},
	{"brightness - 51", true, false, levels(func(v float64) float64 { return v - 51 })},
	{"contrast × 1.2", true, false, levels(func(v float64) float64 { return (v-128)*1.2 + 128 })},
	{"contrast × 0.8", true, false, levels(func(v float64) float64 { return (v-128)*0.8 + 128 })},
	{"inverted", false, false, levels(func(v float64) float64 { return 255 - v })},
	{"noise of 5 grey levels", false, false, noisy(5)},
	{"blurred, 5 × 5 pixels", false, false, blurred(2)},
}

func quality(q int) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, g, &jpeg.Options{Quality: q}); err != nil {
			panic(err) // a buffer takes all
		}
		img, err := jpeg.Decode(&file)
		if err != nil {
			panic(err)
		}
		return img.(*image.Gray)
	}
}

func to(g *image.Gray, width, height int, by scale.Scaler) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, width, height))
	by.Scale(out, out.Rect, g, g.Rect, scale.Src, nil)
	return out
}

func halved(by scale.Scaler) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		return to(to(g, g.Rect.Dx()/2, g.Rect.Dy()/2, by), g.Rect.Dx(), g.Rect.Dy(), by)
	}
}

func resized(factor float64) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		return to(g, int(float64(g.Rect.Dx())*factor), int(float64(g.Rect.Dy())*factor), scale.CatmullRom)
	}
}

// cropped takes parts of the width and height away, from left and top and from
// right and bottom, and, if back is not 0, scales the rest to the old size.
func cropped(before, after float64, back int) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		part := func(n int, f float64) int { return int(math.Ceil(float64(n) * f)) }
		width, height := g.Rect.Dx(), g.Rect.Dy()
		rest := image.Rect(part(width, before), part(height, before), width-part(width, after), height-part(height, after))
		out := image.NewGray(image.Rectangle{Max: rest.Size()})
		draw.Draw(out, out.Rect, g, g.Rect.Min.Add(rest.Min), draw.Src)
		if back != 0 {
			return to(out, width, height, scale.CatmullRom)
		}
		return out
	}
}

// levels maps each grey value, and clips it.
func levels(f func(float64) float64) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		return each(g, func(x, y int) float64 { return f(float64(g.Pix[y*g.Stride+x])) })
	}
}

func each(g *image.Gray, f func(x, y int) float64) *image.Gray {
	out := image.NewGray(image.Rectangle{Max: g.Rect.Size()})
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Pix[y*out.Stride+x] = uint8(math.Round(min(max(f(x, y), 0), 255)))
		}
	}
	return out
}

// noisy adds noise of that deviation, the same for every image.
func noisy(deviation float64) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		state := uint64(1)
		return each(g, func(x, y int) float64 {
			sum := 0.0
			for range 12 { // uniform ones, whose sum has the variance 1
				state = state*6364136223846793005 + 1442695040888963407
				sum += float64(state>>33) / (1 << 31)
			}
			return float64(g.Pix[y*g.Stride+x]) + (sum-6)*deviation
		})
	}
}

// blurred is the mean over a square of pixels.
func blurred(radius int) func(*image.Gray) *image.Gray {
	return func(g *image.Gray) *image.Gray {
		at := func(x, y int) float64 {
			return float64(g.Pix[min(max(y, 0), g.Rect.Dy()-1)*g.Stride+min(max(x, 0), g.Rect.Dx()-1)])
		}
		return each(g, func(x, y int) float64 {
			sum := 0.0
			for dy := -radius; dy <= radius; dy++ {
				for dx := -radius; dx <= radius; dx++ {
					sum += at(x+dx, y+dy)
				}
			}
			return sum / float64((2*radius+1)*(2*radius+1))
		})
	}
}

// PSNR is the peak signal-to-noise ratio of two images of one size, in decibels.
func PSNR(a, b *image.Gray) float64 {
	return metric.PSNR(values(a), values(b), 255)
}

// values are the grey values of an image, row by row.
func values(g *image.Gray) []float32 {
	var list []float32
	for y := range g.Rect.Dy() {
		for _, v := range g.Pix[y*g.Stride : y*g.Stride+g.Rect.Dx()] {
			list = append(list, float32(v))
		}
	}
	return list
}
