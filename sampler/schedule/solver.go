package schedule

import "math"

// The solvers step in λ = ln √ᾱ − ln √(1−ᾱ), half the logarithm of the
// signal-to-noise ratio.

// pureNoise is the greatest ᾱ that stands for the 0 of a zero terminal SNR,
// whose logarithm is not finite.
const pureNoise = 0x1p-24

// at returns √ᾱ, √(1−ᾱ) and λ of step i. Those of pure noise, which can be the
// first step's alone, are of a small ᾱ: of pureNoise, or, where λ would then
// rise less in the first step than in the second, of one with two equal rises.
// Otherwise the second step, whose slope divides by the first rise, would go
// astray, and where λ did not rise at all it would not be a number.
func (p *path) at(i int) (alpha, sigma, lambda float64) {
	a := p.alphasCumprod(i)
	if a > 0 {
		return math.Sqrt(a), math.Sqrt(1 - a), halfLogSNR(a)
	}
	a = pureNoise
	if len(p.times) > 1 {
		next := p.alphasCumprod(1)
		rise := math.Ln2
		if len(p.times) > 2 {
			rise = halfLogSNR(p.alphasCumprod(2)) - halfLogSNR(next)
		}
		// So far down ᾱ is e^2λ: 1−ᾱ is 1.
		a = min(a, math.Exp(2*(halfLogSNR(next)-rise)))
	}
	return math.Sqrt(a), math.Sqrt(1 - a), halfLogSNR(a)
}

// halfLogSNR is λ of ᾱ.
func halfLogSNR(a float64) float64 { return (math.Log(a) - math.Log1p(-a)) / 2 }

// solverX0 is the clean latent of step i.
func (p *path) solverX0(i int, latent, prediction []float64) []float64 {
	alpha, sigma, _ := p.at(i)
	xl, xp, _, _ := p.s.split(alpha, sigma)
	return sum(mix{xl, latent}, mix{xp, prediction})
}

// last reports whether i is the last step. σ is 0 after it, and its step of
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
