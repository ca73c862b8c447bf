//go:build libtorch

package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/train"
)

// describer turns images into points.
type describer struct {
	name     string // of the network, which every figure is named after
	features func([][]float32) ([][]float64, error)
	logits   func([][]float32) ([][]float64, error) // of classes; or nil
}

// describer is that of the user's network, or of the classifier.
func (e *evaluator) describer() describer {
	if e.network != nil {
		name := strings.TrimSuffix(filepath.Base(e.features), filepath.Ext(e.features))
		return describer{name: name, features: func(list [][]float32) ([][]float64, error) { return e.network.Features(list, e.data.Size()) }}
	}
	return describer{"roentgo", e.judge.Features, func(list [][]float32) ([][]float64, error) {
		scores, err := e.judge.Scores(list)
		for i := range scores {
			scores[i] = scores[i][:e.outputs[train.OutputNormal]+1] // findings and the normal chest
		}
		return scores, err
	}}
}

// distances are how far sets of images lie from training images.
type distances struct {
	Network   string        `json:"network"` // "FID-NETWORK" is the name of Frechet, and so on
	Hash      string        `json:"network_sha256"`
	Reference int           `json:"training_images"`
	Rows      []distanceRow `json:"rows"`
}

// distanceRow is one set. Intervals are of resamples of its images, by patient;
// those of recall and coverage of resamples of the training images.
type distanceRow struct {
	Name           string           `json:"name"`
	Images         int              `json:"images"`
	Frechet        metric.Interval  `json:"frechet"`
	KID            metric.Interval  `json:"kid"`
	Precision      metric.Interval  `json:"precision"`
	Recall         metric.Interval  `json:"recall"`
	Density        metric.Interval  `json:"density"`
	Coverage       metric.Interval  `json:"coverage"`
	InceptionScore *metric.Interval `json:"inception_score,omitempty"`
}

// The nearest neighbours of Kynkäänniemi et al. 2019 and Naeem et al. 2020.
const (
	precisionNeighbours = 3
	densityNeighbours   = 5
)

// scarce resamples what takes long: a covariance at each.
var scarce = metric.Resampling{Times: 50, Seed: 1}

// reference are the training images that sets are compared with.
type reference struct {
	describer
	points [][]float64
	groups []string
}

func (e *evaluator) newReference() (*reference, error) {
	r := &reference{describer: e.describer(), points: e.known.features}
	if e.network != nil {
		r.points = nil
		const chunk = 128
		for from := 0; from < len(e.train); from += chunk {
			images, err := e.data.Images(e.train[from:min(from+chunk, len(e.train))])
			if err != nil {
				return nil, err
			}
			part, err := r.features(images)
			if err != nil {
				return nil, err
			}
			r.points = append(r.points, part...)
		}
	}
	r.groups = e.patients(e.train)
	return r, nil
}

// patients are those of images of the data.
func (e *evaluator) patients(indices []int) []string {
	list := make([]string, len(indices))
	for k, i := range indices {
		list[k] = e.data.Records[i].Patient
	}
	return list
}

// row measures a set of images, of which groups are drawn whole.
func (r *reference) row(name string, images [][]float32, groups []string) (row distanceRow, err error) {
	fail := func(err error) (distanceRow, error) { return row, fmt.Errorf("%s: %w", name, err) }
	row.Name, row.Images = name, len(images)
	points, err := r.features(images)
	if err != nil {
		return fail(err)
	}
	if row.Frechet, err = scarce.Frechet(points, groups, r.points); err != nil {
		return fail(err)
	}
	if row.KID, err = resampling.KID(points, groups, r.points); err != nil {
		return fail(err)
	}
	near, err := metric.NewManifold(points, r.points, precisionNeighbours)
	if err != nil {
		return fail(err)
	}
	dense, err := metric.NewManifold(points, r.points, densityNeighbours)
	if err != nil {
		return fail(err)
	}
	row.Precision, row.Recall = resampling.Mean(near.Precision, groups), resampling.Mean(near.Recall, r.groups)
	row.Density, row.Coverage = resampling.Mean(dense.Density, groups), resampling.Mean(dense.Coverage, r.groups)
	if r.logits == nil {
		return row, nil
	}
	logits, err := r.logits(images)
	if err != nil {
		return fail(err)
	}
	score, err := resampling.InceptionScore(logits, groups)
	row.InceptionScore = &score
	return row, err
}

// noiseImages are images of nothing: Gaussian values of mean 0 and deviation ½.
func noiseImages(count, size int) [][]float32 {
	list := make([][]float32, count)
	for k := range list {
		list[k] = make([]float32, size*size)
		noise.Latent(list[k], uint64(k), 0, noise.StreamTraining)
		for i := range list[k] {
			list[k][i] = min(max(list[k][i]/2, -1), 1)
		}
	}
	return list
}

// scale measures, beside images, what bounds their figures: other patients, what
// the autoencoder leaves of these, and noise.
func (e *evaluator) scale(r *reference) ([]distanceRow, error) {
	held := e.captioned()
	groups := e.patients(pickInts(e.test, held))
	sets := []struct {
		name   string
		images [][]float32
	}{{nameReal, pickImages(e.real, held)}, {nameReconstructed, pickImages(e.again, held)}, {nameNoise, noiseImages(len(held), e.data.Size())}}
	var rows []distanceRow
	for _, s := range sets {
		if s.images == nil {
			continue
		}
		row, err := r.row(s.name, s.images, groups)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// The names of rows.
const (
	nameReal          = "real, held out"
	nameReconstructed = "reconstructed"
	nameMade          = "generated"
	nameNoise         = "noise"
	nameOther         = "real, another patient"
)

func pickImages(list [][]float32, index []int) [][]float32 {
	if list == nil {
		return nil
	}
	out := make([][]float32, len(index))
	for k, i := range index {
		out[k] = list[i]
	}
	return out
}

func pickInts(list []int, index []int) []int {
	out := make([]int, len(index))
	for k, i := range index {
		out[k] = list[i]
	}
	return out
}
