package schedule

import "math"

// The solvers step in λ = ln √ᾱ − ln √(1−ᾱ), half the logarithm of the
// signal-to-noise ratio.

// minAlphasCumprod keeps the logarithm of a zero terminal SNR finite.
const minAlphasCumprod = 0x1p-24

func (p *path) at(i int) (alpha, sigma, lambda float64) {
	a := max(p.alphasCumprod(i), minAlphasCumprod)
	alpha, sigma = math.Sqrt(a), math.Sqrt(1-a)
	return alpha, sigma, math.Log(alpha) - math.Log(sigma)
}

// solverX0 is the clean latent of step i.
func (p *path) solverX0(i int, latent, prediction []float64) []float64 {
	alpha, sigma, _ := p.at(i)
	xl, xp, _, _ := p.s.split(alpha, sigma)
	return sum(mix{xl, latent}, mix{xp, prediction})
}

// last reports whether i is the last step. σ is 0 behind it, and its step of
// order 1 is x₀ itself.
func (p *path) last(i int) bool { return i == len(p.times)-1 }

// advance is what a step from i to i + 1 multiplies: keep the latent, take x₀,
// were x₀ constant; h is the difference in λ.
func (p *path) advance(i int) (keep, take, h float64) {
	_, sigma, lambda := p.at(i)
	alphaNext, sigmaNext, lambdaNext := p.at(i + 1)
	h = lambdaNext - lambda
	return sigmaNext / sigma, -alphaNext * math.Expm1(-h), h
}

// ratio of the step into i to that out of it, in λ.
func (p *path) ratio(i int) float64 {
	_, _, before := p.at(i - 1)
	_, _, now := p.at(i)
	_, _, next := p.at(i + 1)
	return (now - before) / (next - now)
}

// slope is how much of the last change of x₀ a step of order 2 adds to it.
func (p *path) slope(i int) float64 {
	if i == 0 {
		return 0
	}
	return 1 / (2 * p.ratio(i))
}
