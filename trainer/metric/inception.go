package metric

import "math"

// InceptionScore is exp of the mean Kullback-Leibler divergence of each image's
// class probabilities from their mean (Salimans et al. 2016), the softmax of
// logits. It is 1 if all images have the same mixture of classes, and at most the
// number of classes. It uses all images in one split.
func InceptionScore(logits [][]float64) (float64, error) {
	if err := checked(1, logits); err != nil {
		return 0, err
	}
	return inceptionScore(softmax(logits)), nil
}

// InceptionScore returns [InceptionScore] with its interval. Resamples repeat
// images, which makes the score smaller. So the interval is their spread, moved
// to lie around the value.
func (s Resampling) InceptionScore(logits [][]float64, groups []string) (Interval, error) {
	if err := checked(1, logits); err != nil {
		return Interval{}, err
	}
	p := softmax(logits)
	var values []float64
	for index := range s.of(groups) {
		values = append(values, inceptionScore(pick(p, index)))
	}
	return shifted(inceptionScore(p), values), nil
}

func inceptionScore(p [][]float64) float64 {
	mean := make([]float64, len(p[0]))
	for _, row := range p {
		for k, v := range row {
			mean[k] += v / float64(len(p))
		}
	}
	var sum float64
	for _, row := range p {
		for k, v := range row {
			if v > 0 {
				sum += v * (math.Log(v) - math.Log(mean[k]))
			}
		}
	}
	return math.Exp(sum / float64(len(p)))
}

func softmax(logits [][]float64) [][]float64 {
	out := make([][]float64, len(logits))
	for i, row := range logits {
		most := math.Inf(-1)
		for _, v := range row {
			most = max(most, v)
		}
		var sum float64
		out[i] = make([]float64, len(row))
		for k, v := range row {
			out[i][k] = math.Exp(v - most)
			sum += out[i][k]
		}
		for k := range row {
			out[i][k] /= sum
		}
	}
	return out
}
