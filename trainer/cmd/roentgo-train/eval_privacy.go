//go:build libtorch

package main

import (
	"strconv"

	"github.com/roentgo/roentgo/trainer/metric"
)

// privacy is how many generated images come as near to a training image as one
// of a hundred images of other patients does by chance.
type privacy struct {
	Rule     string          `json:"rule"`
	Features metric.Interval `json:"features"` // shares of images, by seeds
	Pixels   metric.Interval `json:"pixels"`
	Copies   bool            `json:"copies"` // the verdict
}

// privacyRule is what the verdict follows.
const privacyRule = "copies: more than 1 % of generated images, in 95 of 100 resamples, lie nearer to a training image than 99 of 100 held-out images do, by features or by pixels"

// privacyOf judges by the distances of images from the nearest training image,
// in the order of samples.all.
func (e *evaluator) privacyOf(features, pixels []float64) privacy {
	share := func(distances, held []float64) metric.Interval {
		bound := metric.Percentile(held, firstPercentile)
		near, groups := make([]float64, len(distances)), make([]string, len(distances))
		for i, d := range distances {
			if d < bound {
				near[i] = 1
			}
			groups[i] = strconv.Itoa(i % e.seeds)
		}
		return resampling.Mean(near, groups)
	}
	p := privacy{Rule: privacyRule, Features: share(features, e.known.heldFeatures), Pixels: share(pixels, e.known.heldPixels)}
	p.Copies = p.Features.Low > firstPercentile || p.Pixels.Low > firstPercentile
	return p
}
