package metric

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Manifold compares images with real ones by balls around points. The radius of a
// ball is the distance of the point's k-th nearest neighbour in its own set.
// Precision and recall are those of Kynkäänniemi et al. 2019 (eqs. 1 to 3), density and coverage
// those of Naeem et al. 2020 (eqs. 4 and 5). Each is a mean of the values here.
type Manifold struct {
	Precision []float64 // per image: 1 where it lies in the ball of a real one
	Density   []float64 // per image: the number of balls of real ones it lies in, over k
	Recall    []float64 // per real image: 1 where it lies in the ball of an image
	Coverage  []float64 // per real image: 1 where an image lies in its ball
}

// NewManifold compares images with real ones under k nearest neighbours. The
// papers use 3 for precision and recall, 5 for density and coverage.
func NewManifold(images, real [][]float64, k int) (*Manifold, error) {
	if k < 1 {
		return nil, fmt.Errorf("%w: %d nearest neighbours; at least 1 is needed", ErrPoints, k)
	}
	if err := checked(k+1, images, real); err != nil {
		return nil, err
	}
	inner, outer := radii(images, k), radii(real, k)
	m := &Manifold{make([]float64, len(images)), make([]float64, len(images)), make([]float64, len(real)), make([]float64, len(real))}
	for i, row := range squares(images, real) {
		for j, d := range row {
			if d < outer[j] {
				m.Precision[i], m.Coverage[j] = 1, 1
				m.Density[i] += 1 / float64(k)
			}
			if d < inner[i] {
				m.Recall[j] = 1
			}
		}
	}
	return m, nil
}

// squares yields the squared distances of each point from all others. It uses one
// slice for all points.
func squares(points, others [][]float64) func(yield func(int, []float64) bool) {
	return func(yield func(int, []float64) bool) {
		const chunk = 128
		norms := make([]float64, len(others))
		for j, o := range others {
			norms[j] = square(o)
		}
		y := dense(others).T()
		for from := 0; from < len(points); from += chunk {
			part := points[from:min(from+chunk, len(points))]
			var product mat.Dense
			product.Mul(dense(part), y)
			for i, p := range part {
				row, own := product.RawRowView(i), square(p)
				for j, v := range row {
					row[j] = math.Max(own+norms[j]-2*v, 0)
				}
				if !yield(from+i, row) {
					return
				}
			}
		}
	}
}

func square(p []float64) (sum float64) {
	for _, v := range p {
		sum += v * v
	}
	return sum
}

// radii are the squared distances of each point from its k-th nearest neighbour
// among the others.
func radii(points [][]float64, k int) []float64 {
	out := make([]float64, len(points))
	for i, row := range squares(points, points) {
		row[i] = 0 // what rounding made of it
		sorted := slices.Clone(row)
		slices.Sort(sorted)
		out[i] = sorted[k] // the first is the point itself
	}
	return out
}
