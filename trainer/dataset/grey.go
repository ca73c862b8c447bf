package dataset

import (
	"image"
)

// minChroma is the mean difference of an image's largest and smallest colour,
// of 1, from which it counts as coloured.
const minChroma = 0.1

// greyFilm makes grey levels of an image: those of a byte as they are, deep
// ones of 16 bits. Colours become their luminance (ITU-R BT.601), transparency
// lies on black.
func greyFilm(img image.Image) *film {
	b := img.Bounds()
	f := &film{width: b.Dx(), height: b.Dy(), levels: make([]uint16, b.Dx()*b.Dy())}
	switch img := img.(type) {
	case *image.Gray:
		f.each(func(i, x, y int) { f.levels[i] = uint16(img.Pix[y*img.Stride+x]) })
	case *image.Gray16:
		f.deep = true
		f.each(func(i, x, y int) {
			at := y*img.Stride + 2*x
			f.levels[i] = uint16(img.Pix[at])<<8 | uint16(img.Pix[at+1])
		})
	case image.RGBA64Image:
		if transparent(img) {
			uncover(img)
		}
		f.colours(img)
	}
	return f
}

func (f *film) each(do func(i, x, y int)) {
	for i := range f.levels {
		do(i, i%f.width, i/f.width)
	}
}

// colours reads an image of any colours.
func (f *film) colours(img image.RGBA64Image) {
	switch img.(type) {
	case *image.RGBA64, *image.NRGBA64:
		f.deep = true
	}
	b := img.Bounds()
	var chroma float64
	f.each(func(i, x, y int) {
		c := img.RGBA64At(b.Min.X+x, b.Min.Y+y)
		luminance := (19595*uint32(c.R) + 38470*uint32(c.G) + 7471*uint32(c.B) + 1<<15) >> 16
		if f.levels[i] = uint16(luminance); !f.deep {
			f.levels[i] >>= 8
		}
		chroma += float64(max(c.R, c.G, c.B) - min(c.R, c.G, c.B))
		if c.A == 0 {
			if f.hidden == nil {
				f.hidden = make([]bool, len(f.levels))
			}
			f.hidden[i] = true
		}
	})
	f.coloured = chroma/float64(len(f.levels)) > minChroma*0xffff
}

// transparent reports whether nothing of an image is to be seen.
func transparent(img image.RGBA64Image) bool {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if img.RGBA64At(x, y).A != 0 {
				return false
			}
		}
	}
	return true
}

// uncover makes an image opaque that has colours beneath its transparency, as
// tools write that leave the alpha channel at zero.
func uncover(img image.RGBA64Image) {
	switch img := img.(type) {
	case *image.NRGBA:
		for i := 3; i < len(img.Pix); i += 4 {
			img.Pix[i] = 0xff
		}
	case *image.NRGBA64:
		for i := 6; i < len(img.Pix); i += 8 {
			img.Pix[i], img.Pix[i+1] = 0xff, 0xff
		}
	}
}
