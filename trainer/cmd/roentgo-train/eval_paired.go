//go:build libtorch

package main

import (
	"context"
	"fmt"
	"math"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
)

// pairedRow compares held-out images with one other each, as the study's table 3
// does, and its distances of images are in [0, 1].
type pairedRow struct {
	Name   string   `json:"name"`
	Images int      `json:"images"`
	SSIM   measure  `json:"ssim"`
	PSNR   measure  `json:"psnr_db"`
	MSE    measure  `json:"mse"`
	MSSSIM *measure `json:"ms_ssim,omitempty"` // of images that are large enough
	LPIPS  *measure `json:"lpips,omitempty"`
}

// measure is a mean with its interval, and the deviation over images.
type measure struct {
	metric.Interval
	Std float64 `json:"std"`
}

func measureOf(values []float64, groups []string) measure {
	m := measure{Interval: resampling.Mean(values, groups)}
	for _, v := range values {
		m.Std += (v - m.Value) * (v - m.Value) / float64(len(values))
	}
	m.Std = math.Sqrt(m.Std)
	return m
}

// captionSeed chooses the words of the captions of held-out images.
const captionSeed = 1

// captioned are the places in test of the held-out images whose captions are
// prompts: all, or --captions of them, spread evenly.
func (e *evaluator) captioned() []int {
	n := len(e.test)
	if e.captions > 0 {
		n = min(n, e.captions)
	}
	list := make([]int, n)
	for k := range list {
		list[k] = k * len(e.test) / n
	}
	return list
}

// sampleCaptions makes an image of the caption of each held-out image.
func (e *evaluator) sampleCaptions(ctx context.Context, guidance float64) ([][]float32, error) {
	var rows []sampler.Row
	for _, k := range e.captioned() {
		i := e.test[k]
		rows = append(rows, sampler.Row{Prompt: dataset.Caption(e.data.Records[i], captionSeed, i, 0), Seed: uint64(i)})
	}
	return e.sampleRows(ctx, rows, guidance, "caption of a held-out image")
}

// sampleRows makes an image of each row; progress says what they are.
func (e *evaluator) sampleRows(ctx context.Context, rows []sampler.Row, guidance float64, what string) ([][]float32, error) {
	var list [][]float32
	for img, err := range e.sampler.Images(ctx, sampler.Request{Rows: rows, Guidance: guidance, Truncate: true}) {
		if err != nil {
			return nil, err
		}
		if err := metric.Clamp(img.Pix); err != nil {
			return nil, fmt.Errorf("%q: %w", rows[len(list)].Prompt, err)
		}
		list = append(list, img.Pix)
		e.progress.one(fmt.Sprintf("guidance %g, %s", guidance, what))
	}
	return list, nil
}

// pairedRow compares others with the held-out images of captions.
func (e *evaluator) pairedRow(name string, others [][]float32) (row pairedRow, err error) {
	held := e.captioned()
	real, groups, size := pickImages(e.real, held), e.patients(pickInts(e.test, held)), e.data.Size()
	row.Name, row.Images = name, len(others)
	var ssim, psnr, mse, scales []float64
	for k, x := range real {
		ssim = append(ssim, images.SSIM(x, others[k], size, size, 2))
		psnr = append(psnr, images.PSNR(x, others[k], 2))
		mse = append(mse, images.MSE(x, others[k])/4)
		if size >= images.MSSSIMSide {
			scales = append(scales, images.MSSSIM(x, others[k], size, 2))
		}
	}
	row.SSIM, row.PSNR, row.MSE = measureOf(ssim, groups), measureOf(psnr, groups), measureOf(mse, groups)
	if scales != nil {
		m := measureOf(scales, groups)
		row.MSSSIM = &m
	}
	if e.perceptual != nil {
		values, err := e.perceptual.Distances(real, others, size)
		if err != nil {
			return row, err
		}
		m := measureOf(values, groups)
		row.LPIPS = &m
	}
	return row, nil
}

// pairedScale compares what bounds the figures of generated images.
func (e *evaluator) pairedScale() ([]pairedRow, error) {
	held := e.captioned()
	var rows []pairedRow
	for _, s := range []struct {
		name   string
		images [][]float32
	}{{nameReconstructed, pickImages(e.again, held)}, {nameOther, e.otherPatients(held)}, {nameNoise, noiseImages(len(held), e.data.Size())}} {
		if s.images == nil {
			continue
		}
		row, err := e.pairedRow(s.name, s.images)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// otherPatients are, per held-out image, the next one of another patient in the
// same view; any image where there is none.
func (e *evaluator) otherPatients(held []int) [][]float32 {
	var list [][]float32
	for _, k := range held {
		own, other := e.data.Records[e.test[k]], (k+1)%len(e.test)
		for step := 1; step < len(e.test); step++ {
			at := (k + step) % len(e.test)
			if r := e.data.Records[e.test[at]]; r.Patient != own.Patient && r.View == own.View {
				other = at
				break
			}
		}
		list = append(list, e.real[other])
	}
	return list
}
