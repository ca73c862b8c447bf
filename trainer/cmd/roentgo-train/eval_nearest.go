//go:build libtorch

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	images "github.com/roentgo/roentgo/internal/metric"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// thumbnail is the side of the images that are compared pixel by pixel.
const thumbnail = 64

// described are images as points: by the classifier's features and by pixels.
type described struct{ features, pixels [][]float64 }

// describe describes images.
func (e *evaluator) describe(list [][]float32) (d described, err error) {
	for _, x := range list {
		d.pixels = append(d.pixels, metric.Thumbnail(x, e.data.Size(), min(thumbnail, e.data.Size())))
	}
	d.features, err = e.judge.Features(list)
	return d, err
}

// neighbours are the training images that generated ones are compared with, and
// how far held-out images are from them.
type neighbours struct {
	described
	heldFeatures, heldPixels []float64
	held                     [][]float64 // features of held-out images
}

// trainingNeighbours describes the training images.
func (e *evaluator) trainingNeighbours(ctx context.Context) (*neighbours, error) {
	const chunk = 128
	n := &neighbours{}
	said := time.Now()
	for part := range slices.Chunk(e.train, chunk) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		images, err := e.data.Images(part)
		if err != nil {
			return nil, err
		}
		d, err := e.describe(images)
		if err != nil {
			return nil, err
		}
		n.features, n.pixels = append(n.features, d.features...), append(n.pixels, d.pixels...)
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			fmt.Fprintf(os.Stderr, "eval: %d of %d training images described\n", len(n.features), len(e.train))
		}
	}
	held, err := e.describe(e.real)
	if err != nil {
		return nil, err
	}
	n.held = held.features
	n.heldFeatures, _ = metric.Nearest(held.features, n.features)
	n.heldPixels, _ = metric.Nearest(held.pixels, n.pixels)
	return n, nil
}

// pair is a generated image and its nearest training image, by their numbers.
type pair struct{ made, trained int }

// closest are the pairs of the least distance, nearest first.
type closest struct{ features, pixels []pair }

// closePairs is how many pairs of each kind are drawn, closeColumns to a row.
const (
	closePairs   = 20
	closeColumns = 5
)

// firstPercentile is the percentile of held-out distances below which an image
// counts as too near.
const firstPercentile = 0.01

// nearest fills in how near images come to training images, and how far their
// features are from those of real images.
func (e *evaluator) nearest(ctx context.Context, r *result, s *samples) (c closest, err error) {
	all, findings := s.all()
	made, err := e.describe(all)
	if err != nil {
		return c, err
	}
	if err := ctx.Err(); err != nil {
		return c, err
	}
	byFeatures, features := metric.Nearest(made.features, e.known.features)
	byPixels, pixels := metric.Nearest(made.pixels, e.known.pixels)
	r.NearFeatures = metric.BelowPercentile(byFeatures, e.known.heldFeatures, firstPercentile)
	r.NearPixels = metric.BelowPercentile(byPixels, e.known.heldPixels, firstPercentile)
	for k := range r.Findings {
		var own []float64
		for i, finding := range findings {
			if finding == r.Findings[k].Finding {
				own = append(own, byFeatures[i])
			}
		}
		r.Findings[k].Near = metric.BelowPercentile(own, e.known.heldFeatures, firstPercentile)
	}
	r.Privacy = e.privacyOf(byFeatures, byPixels)
	r.FeatureDistance = e.featureDistance(s, made.features)
	return closest{nearestPairs(byFeatures, features), nearestPairs(byPixels, pixels)}, nil
}

// nearestPairs lists the pairs of the least distances, one per training image.
func nearestPairs(distances []float64, index []int) []pair {
	var all []pair
	for i, j := range index {
		all = append(all, pair{i, j})
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(distances[a.made], distances[b.made]) })
	var list []pair
	seen := map[int]bool{}
	for _, p := range all {
		if len(list) < closePairs && !seen[p.trained] {
			list = append(list, p)
		}
		seen[p.trained] = true
	}
	return list
}

// featureDistance is the Fréchet distance of the features of normal chests from
// those of real ones of training patients in the same view, as a multiple of
// that of held-out patients; nil where there are none.
func (e *evaluator) featureDistance(s *samples, made [][]float64) *float64 {
	var ratios []float64
	at := 0
	for _, view := range evalViews {
		own := made[at : at+e.seeds] // a normal chest is the first finding of a view
		at += e.seeds * len(evalFindings())
		trained, held := e.normalOf(view, e.train, e.known.features), e.normalOf(view, e.test, e.known.held)
		if len(trained) < 2 || len(held) < 2 {
			continue
		}
		held = held[:min(len(held), len(own))] // of as many as there are: a sample's deviation depends on its size
		ratios = append(ratios, images.Frechet(own, trained)/images.Frechet(held, trained))
	}
	return meanOf(ratios)
}

// normalOf picks, of points of images of the data, those of images without a
// finding in a view.
func (e *evaluator) normalOf(view string, indices []int, points [][]float64) [][]float64 {
	var list [][]float64
	for n, i := range indices {
		if r := e.data.Records[i]; r.View == view && r.Has(train.OutputNormal) {
			list = append(list, points[n])
		}
	}
	return list
}
