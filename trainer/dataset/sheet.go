package dataset

import (
	"image"
	"image/png"
	"io"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/noise"
)

// The contact sheet of a prepared folder.
const (
	sheetFile    = "contact.png"
	sheetColumns = 8
	sheetImages  = 64  // at most
	maxTile      = 128 // pixels per side
	streamSheet  = noise.StreamTraining + 1<<27
)

// sheet writes random images of the store as one picture, which shows a person
// what was made of the files, and lists their files in the summary.
func (s *store) sheet() error {
	chosen := noise.Permutation(len(s.files), s.sum.Seed, 0, streamSheet)
	chosen = chosen[:min(len(chosen), sheetImages)]
	slices.Sort(chosen)
	tile := min(s.sum.Size, maxTile)
	rows := (len(chosen) + sheetColumns - 1) / sheetColumns
	all := image.NewGray(image.Rect(0, 0, sheetColumns*tile, rows*tile))
	one := image.NewGray(image.Rect(0, 0, s.sum.Size, s.sum.Size))
	for i, k := range chosen {
		if _, err := s.images.ReadAt(one.Pix, int64(k)*int64(len(one.Pix))); err != nil {
			return err
		}
		at := image.Pt(i%sheetColumns, i/sheetColumns).Mul(tile)
		draw.BiLinear.Scale(all, image.Rectangle{Min: at, Max: at.Add(image.Pt(tile, tile))}, one, one.Rect, draw.Src, nil)
		s.sum.ContactSheet = append(s.sum.ContactSheet, s.files[k])
	}
	return atomicfile.Write(filepath.Join(s.dir, sheetFile), false, func(w io.Writer) error { return png.Encode(w, all) })
}
