//go:build libtorch

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"path/filepath"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

const (
	gridColumns  = 6 // seeds in findings-PA.png
	randomImages = 16
	montageEach  = 8
	// Of reconstructions: how many, and how many pixels wide a pixel is.
	reconstructedEach = 4
	enlarged          = 3
	differenceSide    = 128
	// differenceGain is what differences are multiplied by: an eighth of the grey
	// range is black or white.
	differenceGain = 4
)

// picture is the path of a picture: its name has the guidance where there are
// several.
func (e *evaluator) picture(name string, s *samples) string {
	if len(e.guidance) > 1 {
		name += fmt.Sprintf("-g%g", s.guidance)
	}
	return filepath.Join(e.out, name+".png")
}

// pictures draws all but the closest pairs.
func (e *evaluator) pictures(ctx context.Context, r *result, s *samples) error {
	for _, view := range evalViews {
		if err := e.drawFindings(view, s); err != nil {
			return err
		}
	}
	if err := e.drawDifferences(s); err != nil {
		return err
	}
	if err := e.drawRandom(ctx, s); err != nil {
		return err
	}
	all, _ := s.all()
	var err error
	r.MontageKey, err = montage(e.picture("montage", s), e.real, all, e.data.Size())
	return err
}

// drawReconstructions draws held-out images above what the autoencoder leaves of
// them, each pixel enlarged.
func (e *evaluator) drawReconstructions(list [][]float32) error {
	n, size := min(reconstructedEach, len(list)), e.data.Size()
	var images []*image.Gray
	for row, of := range [][][]float32{e.real, list} {
		for k := range n {
			img := train.Gray(of[k*(len(of)/n)], size)
			large := image.NewGray(image.Rect(0, 0, enlarged*size, enlarged*size))
			draw.NearestNeighbor.Scale(large, large.Rect, img, img.Rect, draw.Src, nil)
			if k == 0 {
				write(large, [2]string{"held out", "reconstructed"}[row])
			}
			images = append(images, large)
		}
	}
	return train.WriteGrid(filepath.Join(e.out, "reconstructions.png"), images, n)
}

// drawFindings draws a finding per row and a seed per column.
func (e *evaluator) drawFindings(view string, s *samples) error {
	columns := min(gridColumns, e.seeds)
	var list []*image.Gray
	for _, finding := range evalFindings() {
		for k := range columns {
			img := train.Gray(s.images[view][finding][k], e.data.Size())
			if k == 0 {
				write(img, view+" "+titleOf(finding))
			}
			list = append(list, img)
		}
	}
	return train.WriteGrid(e.picture("findings-"+view, s), list, columns)
}

// drawDifferences draws, per finding, the mean image with it minus that of a
// normal chest: generated and real, in one view and the other. Grey is none.
func (e *evaluator) drawDifferences(s *samples) error {
	var list []*image.Gray
	for _, finding := range evalFindings()[1:] {
		text := titleOf(finding)
		for _, view := range evalViews {
			made := metric.Difference(metric.Mean(s.images[view][finding]), metric.Mean(s.images[view][normal]))
			with, err := e.realMean(view, finding)
			if err != nil {
				return err
			}
			without, err := e.realMean(view, train.OutputNormal)
			if err != nil {
				return err
			}
			list = append(list, e.difference(made, text), e.difference(metric.Difference(with, without), "real "+view))
			text = ""
		}
	}
	return train.WriteGrid(e.picture("differences", s), list, 2*len(evalViews))
}

// realMean is the mean of all real images with a label in a view; nil of none.
func (e *evaluator) realMean(view, label string) ([]float32, error) {
	var list []int
	for _, i := range append(e.train[:len(e.train):len(e.train)], e.test...) {
		if r := e.data.Records[i]; r.View == view && r.Has(label) {
			list = append(list, i)
		}
	}
	images, err := e.data.Images(list)
	if err != nil {
		return nil, err
	}
	return metric.Mean(images), nil
}

// difference draws a difference, which may be missing.
func (e *evaluator) difference(d []float32, text string) *image.Gray {
	side := min(differenceSide, e.data.Size())
	small := make([]float32, side*side)
	if d == nil {
		text += " (none)"
	} else {
		small = metric.Shrink(d, e.data.Size(), side)
	}
	for i := range small {
		small[i] *= differenceGain
	}
	img := train.Gray(small, side)
	write(img, text)
	return img
}

// drawRandom draws images of seeds and prompts as they come.
func (e *evaluator) drawRandom(ctx context.Context, s *samples) error {
	var list []*image.Gray
	findings := evalFindings()
	for k := range randomImages {
		draw := func(of uint32, n int) int { return noise.Below(n, 1, of, uint32(k), noise.StreamTraining) }
		view, finding := evalViews[draw(0, len(evalViews))], findings[draw(1, len(findings))]
		r, err := e.sampler.Sample(ctx, sampler.Request{Prompt: promptOf(view, finding), Seed: uint64(1000 + k), Guidance: s.guidance})
		if err != nil {
			return err
		}
		img := train.Gray(r.Images[0].Pix, e.data.Size())
		write(img, view+" "+titleOf(finding))
		list = append(list, img)
	}
	return train.WriteGrid(e.picture("random", s), list, 4)
}

// drawClosest draws pairs of a generated and its nearest training image: by
// features above, by pixels below.
func (e *evaluator) drawClosest(s *samples, c closest) error {
	all, findings := s.all()
	var list []*image.Gray
	add := func(pairs []pair, by string) error {
		for _, p := range pairs {
			made := train.Gray(all[p.made], e.data.Size())
			write(made, titleOf(findings[p.made])+" by "+by)
			trained, err := e.data.Images([]int{e.train[p.trained]})
			if err != nil {
				return err
			}
			real := train.Gray(trained[0], e.data.Size())
			write(real, "training image")
			list = append(list, made, real)
		}
		return nil
	}
	if err := errors.Join(add(c.features, "features"), add(c.pixels, "pixels")); err != nil {
		return err
	}
	return train.WriteGrid(e.picture("closest", s), list, 2*min(closeColumns, len(c.features)))
}

func titleOf(finding string) string {
	if finding == normal {
		return "normal"
	}
	return dataset.FindingName(finding)
}

// write writes a word or two into the upper left corner of an image.
func write(img *image.Gray, text string) {
	for _, at := range []struct {
		dx, dy int
		ink    color.Gray
	}{{1, 1, color.Gray{}}, {0, 0, color.Gray{Y: 255}}} { // white on its black shadow
		d := font.Drawer{Dst: img, Src: image.NewUniform(at.ink), Face: basicfont.Face7x13, Dot: fixed.P(3+at.dx, 12+at.dy)}
		d.DrawString(text)
	}
}

// montage lays real and generated images out in a random order and returns it.
func montage(path string, real, generated [][]float32, size int) (string, error) {
	n := min(montageEach, len(real), len(generated))
	var images []*image.Gray
	key := ""
	for _, k := range noise.Permutation(2*n, 1, 0, noise.StreamTraining) {
		x, letter := real, "R"
		if k >= n {
			x, letter = generated, "G"
		}
		images = append(images, train.Gray(x[k%n*(len(x)/n)], size))
		key += letter
	}
	return key, train.WriteGrid(path, images, 4)
}
