package schedule

import "math"

// unipc is UniPC-2 with B₂(h) = e^h − 1 in terms of x₀ (algorithms 5 and 6 of
// the paper). The network's answer in step i corrects the latent that step
// i − 1 predicted, before the next is predicted from it, so that the corrector
// costs no evaluation. The first and the last step are of order 1; so is the
// only one.
func (p *path) unipc(i int) Step {
	v, prediction, _ := units(4)
	latent, once, before, twice := v[0], v[1], v[2], v[3] // x₀ of the step before, its corrected latent, x₀ of the one before that
	x0 := p.solverX0(i, latent, prediction)
	if p.last(i) {
		return Step{x0, x0, latent, once}
	}
	corrected := latent
	if i > 0 {
		corrected = p.corrected(i, before, x0, once, twice)
	}
	// UniP: its equation 3 with ρ₁ = 1/2 of order 2, where it is the step of
	// DPM-Solver++(2M).
	keep, take, _ := p.advance(i)
	slope := p.slope(i)
	return Step{sum(mix{keep, corrected}, mix{take * (1 + slope), x0}, mix{-take * slope, once}), x0, corrected, once}
}

// corrected is UniC: it takes the step from i − 1, where the latent was before,
// to i again, with x₀ at both of its ends.
func (p *path) corrected(i int, before, x0, once, twice []float64) []float64 {
	keep, take, h := p.advance(i - 1)
	back, ahead := 0.0, 0.5 // of the differences to x₀ of steps i − 2 and i
	if i > 1 {
		// R ρ = b of the paper, for r₁ = (λ_{i−2} − λ_{i−1})/h and r₂ = 1.
		b := math.Expm1(-h)
		phi2, phi3 := phi(h)
		b1, b2 := phi2/b, 2*phi3/b
		r := -p.ratio(i - 1)
		back = (b1 - b2) / (1 - r)
		ahead = b1 - back
		back /= r
	}
	return sum(mix{keep, before}, mix{take * (1 - back - ahead), once}, mix{take * back, twice}, mix{take * ahead, x0})
}

// phi returns φ₂ and φ₃ of the paper for −h: Σ (−h)ᵏ/(k+1)! and Σ (−h)ᵏ/(k+2)!
// over k ≥ 1. For small h, as at many steps, their closed forms would be
// differences of almost equal numbers.
func phi(h float64) (phi2, phi3 float64) {
	if h > 0.5 {
		phi2 = -math.Expm1(-h)/h - 1
		return phi2, -phi2/h - 0.5
	}
	term := 1.0 // (−h)ᵏ/(k+1)!
	for k := 1.0; k < 14; k++ {
		term *= -h / (k + 1)
		phi2 += term
		phi3 += term / (k + 2)
	}
	return phi2, phi3
}
