package schedule

import "math"

// ddim is equation 12 of the paper, with σ of equation 16 scaled by η.
func (p *path) ddim(i int, eta float64) Step {
	v, prediction, noise := units(2)
	a, b := p.alphasCumprod(i), p.alphasCumprod(i+1)
	sigma := 0.0
	if a < b && b < 1 {
		sigma = eta * math.Sqrt((1-b)/(1-a)*(1-a/b))
	}
	xl, xp, el, ep := p.s.split(math.Sqrt(a), math.Sqrt(1-a))
	x0 := sum(mix{xl, v[0]}, mix{xp, prediction})
	epsilon := sum(mix{el, v[0]}, mix{ep, prediction})
	return Step{sum(mix{math.Sqrt(b), x0}, mix{math.Sqrt(max(1-b-sigma*sigma, 0)), epsilon}, mix{sigma, noise}), x0}
}
