//go:build libtorch

package main

import (
	"context"
	"slices"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// reconstruction is what the autoencoder leaves of held-out images: the best
// that generated ones can be.
type reconstruction struct {
	Detail float64 `json:"detail"` // as result.Detail
	PSNR   float64 `json:"psnr_db"`
	SSIM   float64 `json:"ssim"`
	// Findings are the AUC of the classifier on them, by label.
	Findings map[string]metric.Interval `json:"auc"`

	spectrum []float64
}

// autoencoder opens the autoencoder that was asked for, or the model's own; nil
// where it has no encoder.
func (e *evaluator) autoencoder() (*runs.Autoencoder, error) {
	paths := e.vae
	if len(paths) == 0 && len(e.models) == 0 {
		return nil, nil
	}
	if len(paths) == 0 {
		m, err := weights.Open(e.models...)
		if err != nil {
			return nil, err
		}
		has := slices.Contains(m.Parts(), weights.PartEncoder)
		m.Close()
		if !has {
			return nil, nil
		}
		paths = e.models
	}
	vae, err := runs.OpenAutoencoder(paths)
	if err != nil {
		return nil, err
	}
	return &vae, nil
}

// reconstructed measures an autoencoder.
func (e *evaluator) reconstructed(ctx context.Context, vae *runs.Autoencoder) (*reconstruction, error) {
	list, err := train.Reconstruct(ctx, *vae, e.real)
	if err != nil {
		return nil, err
	}
	if err := e.drawReconstructions(list); err != nil {
		return nil, err
	}
	e.again = list
	size := e.data.Size()
	r := &reconstruction{Findings: map[string]metric.Interval{}, spectrum: metric.Spectrum(list, size)}
	r.Detail = metric.Detail(r.spectrum, e.spectrum)
	for k, x := range list {
		r.PSNR += images.PSNR(e.real[k], x, 2) / float64(len(list))
		r.SSIM += images.SSIM(e.real[k], x, size, size, 2) / float64(len(list))
	}
	scores, err := e.judge.Scores(list)
	if err != nil {
		return nil, err
	}
	for _, finding := range append(dataset.FindingLabels(), train.OutputAP) {
		if v, _ := e.onReal(finding, scores); v != nil {
			r.Findings[finding] = *v
		}
	}
	return r, nil
}
