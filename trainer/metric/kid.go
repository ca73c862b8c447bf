package metric

import "gonum.org/v1/gonum/mat"

// KID is the unbiased squared maximum mean discrepancy of two sets of points of d
// values under the kernel (xᵀy/d + 1)³ (Bińkowski et al. 2018, eq. 4). For sets
// of one distribution it is 0 on average, whatever their sizes. So it is
// sometimes negative.
func KID(a, b [][]float64) (float64, error) {
	k, err := newKernels(a, b)
	if err != nil {
		return 0, err
	}
	return k.discrepancy(nil), nil
}

// KID returns [KID] with its interval by resamples of a by groups; b is not
// resampled. A resample has many pairs of a point with itself. As in the unbiased
// estimate, they do not count.
func (s Resampling) KID(a [][]float64, groups []string, b [][]float64) (Interval, error) {
	k, err := newKernels(a, b)
	if err != nil {
		return Interval{}, err
	}
	return s.Statistic(groups, func(index []int) float64 { return k.discrepancy(index) }), nil
}

// kernels are the values of the kernel between all points.
type kernels struct {
	aa    *mat.Dense // (n, n), of a
	ab    []float64  // mean over b, of each point of a
	bb    float64    // mean over pairs of b
	count int        // of a
}

func newKernels(a, b [][]float64) (*kernels, error) {
	if err := checked(2, a, b); err != nil {
		return nil, err
	}
	x, y := dense(a), dense(b)
	k := &kernels{aa: kernel(x, x), ab: make([]float64, len(a)), count: len(a)}
	across := kernel(x, y)
	for i := range a {
		for _, v := range across.RawRowView(i) {
			k.ab[i] += v / float64(len(b))
		}
	}
	const chunk = 256 // rows of a large set at a time
	pairs := float64(len(b)) * float64(len(b)-1)
	for from := 0; from < len(b); from += chunk {
		upTo := min(from+chunk, len(b))
		part := kernel(y.Slice(from, upTo, 0, len(b[0])), y)
		for r := range upTo - from {
			for c, v := range part.RawRowView(r) {
				if c != from+r {
					k.bb += v / pairs
				}
			}
		}
	}
	return k, nil
}

func dense(points [][]float64) *mat.Dense {
	m := mat.NewDense(len(points), len(points[0]), nil)
	for i, p := range points {
		m.SetRow(i, p)
	}
	return m
}

func kernel(x, y mat.Matrix) *mat.Dense {
	var m mat.Dense
	m.Mul(x, y.T())
	_, d := x.Dims()
	m.Apply(func(_, _ int, v float64) float64 {
		v = v/float64(d) + 1
		return v * v * v
	}, &m)
	return &m
}

// discrepancy returns KID for the points of a that index lists, with repeats.
func (k *kernels) discrepancy(index []int) float64 {
	times := make([]float64, k.count)
	total := 0.0
	for _, i := range index {
		times[i]++
		total++
	}
	if index == nil {
		for i := range times {
			times[i] = 1
		}
		total = float64(k.count)
	}
	var own, pairs, across float64
	for i, t := range times {
		if t == 0 {
			continue
		}
		across += t * k.ab[i] / total
		for j, v := range k.aa.RawRowView(i) {
			if j != i {
				own += t * times[j] * v
				pairs += t * times[j]
			}
		}
	}
	return own/pairs + k.bb - 2*across
}
