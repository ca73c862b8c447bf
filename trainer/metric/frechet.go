package metric

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// ErrPoints is wrapped by errors of sets of points that cannot be compared.
var ErrPoints = errors.New("metric: points refused")

// checked returns an error if a set has fewer points than least, points of
// different lengths, or values that are not finite.
func checked(least int, sets ...[][]float64) error {
	for _, set := range sets {
		if len(set) < least {
			return fmt.Errorf("%w: %d points; at least %d are needed", ErrPoints, len(set), least)
		}
		for i, p := range set {
			if len(p) != len(sets[0][0]) || len(p) == 0 {
				return fmt.Errorf("%w: point %d has %d values, the first one %d", ErrPoints, i, len(p), len(sets[0][0]))
			}
			for _, v := range p {
				if v-v != 0 {
					return fmt.Errorf("%w: point %d has the value %g", ErrPoints, i, v)
				}
			}
		}
	}
	return nil
}

// gaussian is the normal distribution with the mean and covariance of points.
type gaussian struct {
	mean []float64
	// factor F, (d, k), has the covariance F·Fᵀ, and k is the smaller of d and the
	// number of points.
	factor *mat.Dense
	trace  float64 // of the covariance
}

func gaussianOf(points [][]float64) (gaussian, error) {
	n, d := len(points), len(points[0])
	g := gaussian{mean: make([]float64, d)}
	for _, p := range points {
		for k, v := range p {
			g.mean[k] += v / float64(n)
		}
	}
	centred := mat.NewDense(n, d, nil)
	scale := 1 / math.Sqrt(float64(n-1))
	for i, p := range points {
		for k, v := range p {
			c := (v - g.mean[k]) * scale
			centred.Set(i, k, c)
			g.trace += c * c
		}
	}
	if n <= d {
		g.factor = mat.DenseCopyOf(centred.T())
		return g, nil
	}
	covariance := mat.NewSymDense(d, nil)
	covariance.SymOuterK(1, centred.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return g, fmt.Errorf("%w: their covariance has no eigenvalues", ErrPoints)
	}
	g.factor = mat.NewDense(d, d, nil)
	eigen.VectorsTo(g.factor)
	for k, value := range eigen.Values(nil) {
		root := math.Sqrt(max(value, 0)) // rounding makes zeros negative
		for r := range d {
			g.factor.Set(r, k, g.factor.At(r, k)*root)
		}
	}
	return g, nil
}

// distance is |μ−μ′|² + tr(Σ + Σ′ − 2(ΣΣ′)^½). With Σ = FFᵀ and Σ′ = GGᵀ the
// eigenvalues of ΣΣ′ are the squares of the singular values of FᵀG, and the trace
// of the root is the sum of these. So it needs no root of a matrix that is near
// singular, which could come out complex.
func (g gaussian) distance(h gaussian) (float64, error) {
	var sum float64
	for k := range g.mean {
		sum += sq(g.mean[k] - h.mean[k])
	}
	var product mat.Dense
	product.Mul(g.factor.T(), h.factor)
	var svd mat.SVD
	if !svd.Factorize(&product, mat.SVDNone) {
		return 0, fmt.Errorf("%w: the product of their covariances has no singular values", ErrPoints)
	}
	sum += g.trace + h.trace
	for _, v := range svd.Values(nil) {
		sum -= 2 * v
	}
	return max(sum, 0), nil
}

// Frechet is the Fréchet distance between the normal distributions that two sets
// of points suggest (Dowson and Landau 1982), as the FID has it (Heusel et al.
// 2017, eq. 6), with covariances over n − 1. It is larger for smaller sets, so
// compare only sets of one size.
func Frechet(a, b [][]float64) (float64, error) {
	if err := checked(2, a, b); err != nil {
		return 0, err
	}
	g, err := gaussianOf(a)
	if err != nil {
		return 0, err
	}
	h, err := gaussianOf(b)
	if err != nil {
		return 0, err
	}
	return g.distance(h)
}

// Frechet returns [Frechet] with its interval by resamples of a by groups; b is
// not resampled. Resamples repeat points, which makes the distance larger. So the
// interval is their spread, moved to lie around the value.
func (s Resampling) Frechet(a [][]float64, groups []string, b [][]float64) (Interval, error) {
	if err := checked(2, a, b); err != nil {
		return Interval{}, err
	}
	h, err := gaussianOf(b)
	if err != nil {
		return Interval{}, err
	}
	of := func(points [][]float64) (float64, error) {
		g, err := gaussianOf(points)
		if err != nil {
			return 0, err
		}
		return g.distance(h)
	}
	value, err := of(a)
	if err != nil {
		return Interval{}, err
	}
	var values []float64
	for index := range s.of(groups) {
		v, err := of(pick(a, index))
		if err != nil {
			return Interval{}, err
		}
		values = append(values, v)
	}
	i := shifted(value, values)
	i.Low = max(i.Low, 0)
	return i, nil
}

func pick[T any](list []T, index []int) []T {
	out := make([]T, len(index))
	for k, i := range index {
		out[k] = list[i]
	}
	return out
}
