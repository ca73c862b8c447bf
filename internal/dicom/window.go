package dicom

import (
	"math"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// lookUp is what level each pattern of stored bits becomes, and notes in img
// what kind they are.
func (f *File) lookUp(p form, ownWindow bool, img *Image) []uint16 {
	look := make([]uint16, 1<<p.stored)
	var shown func(v float64) float64
	if ownWindow {
		shown = f.ownWindow()
	}
	if img.Windowed = shown != nil; img.Windowed {
		for bits := range look {
			v := 255 * min(max(shown(p.slope*float64(p.value(bits))+p.intercept), 0), 1)
			if img.Negative {
				v = 255 - v
			}
			look[bits] = uint16(math.Round(v))
		}
		return look
	}
	img.Deep = p.stored > 8
	last, scale := 1<<p.stored-1, 1
	if p.stored < 8 { // a byte's levels are as a screen shows them
		scale = 255 / last
	}
	for bits := range look {
		level := p.value(bits)
		if p.signed {
			level += 1 << (p.stored - 1)
		}
		if img.Negative != (p.slope < 0) {
			level = last - level
		}
		look[bits] = uint16(level * scale)
	}
	return look
}

// ownWindow is the function that brings values of the modality to [0, 1] for a
// screen, values beyond included; nil where the file has none (PS3.3, C.11.2).
func (f *File) ownWindow() func(float64) float64 {
	if table := f.table(f.item(tag.VOILUTSequence)); table != nil {
		return table
	}
	center, ok := f.number(tag.WindowCenter)
	width, ok2 := f.number(tag.WindowWidth)
	if !ok || !ok2 || width < 1 || width == 1 && f.Text(tag.VOILUTFunction) != "LINEAR_EXACT" {
		return nil
	}
	switch f.Text(tag.VOILUTFunction) {
	case "SIGMOID":
		return func(v float64) float64 { return 1 / (1 + math.Exp(-4*(v-center)/width)) }
	case "LINEAR_EXACT":
		return func(v float64) float64 { return (v-center)/width + 0.5 }
	}
	return func(v float64) float64 { return (v-(center-0.5))/(width-1) + 0.5 }
}

// table is the function of a look-up table: its descriptor has the number of
// entries, 0 for 65536, the first value that it maps and the bits of an entry.
func (f *File) table(lut *File) func(float64) float64 {
	if lut == nil {
		return nil
	}
	form, data := integers(lut.element(tag.LUTDescriptor)), integers(lut.element(tag.LUTData))
	if len(form) != 3 || form[2] < 8 || form[2] > 16 {
		return nil
	}
	n, first := form[0], form[1]
	if n == 0 {
		n = 1 << 16
	}
	if f.integer(tag.PixelRepresentation, 0) == 1 && first >= 1<<15 {
		first -= 1 << 16
	}
	if n < 2 || len(data) < n {
		return nil
	}
	white := float64(int(1)<<form[2] - 1)
	return func(v float64) float64 {
		i := min(max(int(math.Round(v))-first, 0), n-1)
		return float64(data[i]) / white
	}
}
