//go:build libtorch

package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/roentgo/roentgo/trainer/metric"
	"github.com/roentgo/roentgo/trainer/runs"
	"github.com/roentgo/roentgo/trainer/train"
	"github.com/roentgo/roentgo/weights"
)

// membership is an attack that asks of an image whether it was trained on: by how
// well the model predicts it (Matsumoto et al. 2023, arXiv 2302.03262; Yeom et al.
// 2018, arXiv 1709.01604).
type membership struct {
	Members int   `json:"members"` // training images
	Others  int   `json:"others"`  // held-out images
	Steps   []int `json:"timesteps"`
	// AUC is how often a training image is predicted with less error than a
	// held-out one: 0.5 where the attack learns nothing.
	AUC metric.Interval `json:"auc"`
	// Errors are the mean errors of both.
	MemberError float64 `json:"member_error"`
	OtherError  float64 `json:"other_error"`
	Verdict     string  `json:"verdict"`
}

// mostMembers bounds the time of the attack.
const mostMembers = 400

// membershipParts are the timesteps of the attack, as parts of T.
var membershipParts = []float64{0.1, 0.25, 0.4, 0.55}

// attack runs the attack on as many training as held-out images, which the
// autoencoder encodes.
func (e *evaluator) attack(ctx context.Context, vae *runs.Autoencoder) (*membership, error) {
	m, err := weights.Open(e.models...)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	n := min(len(e.test), len(e.train), mostMembers)
	spread := func(list []int) []int {
		part := make([]int, n)
		for k := range part {
			part[k] = list[k*len(list)/n]
		}
		return part
	}
	a := &membership{Members: n, Others: n}
	for _, part := range membershipParts {
		a.Steps = append(a.Steps, int(part*float64(e.sampler.Description().Schedule.TrainTimesteps)))
	}
	fmt.Fprintf(os.Stderr, "eval: %d training and %d held-out images, for the attack on membership\n", n, n)
	images := slices.Concat(spread(e.train), spread(e.test))
	errs, err := train.PredictionErrors(ctx, m, *vae, e.data, images, a.Steps, captionSeed)
	if err != nil {
		return nil, err
	}
	patients := e.patients(images)
	var list []metric.Scored
	for k, v := range errs {
		list = append(list, metric.Scored{Score: -v, Positive: k < n, Group: patients[k]})
		if k < n {
			a.MemberError += v / float64(n)
		} else {
			a.OtherError += v / float64(n)
		}
	}
	a.AUC = *aucOf(list)
	a.Verdict = membershipVerdict(a.AUC)
	return a, nil
}

// membershipVerdict says what an AUC of the attack means.
func membershipVerdict(auc metric.Interval) string {
	switch {
	case auc.Low <= 0.5:
		return "this attack does not distinguish training images from held-out ones"
	case auc.Value < 0.6:
		return "this attack distinguishes training images from held-out ones a little better than chance"
	}
	return "this attack distinguishes training images from held-out ones"
}
