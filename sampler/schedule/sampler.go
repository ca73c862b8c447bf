package schedule

import (
	"fmt"
	"math"
	"strings"
)

// The names of samplers and spacings.
const (
	DDIM     = "ddim"     // Song, Meng and Ermon 2021
	DPMpp2M  = "dpm++2m"  // DPM-Solver++(2M), Lu et al. 2022
	Leading  = "leading"  // tᵢ = ⌊T/n⌋·i
	Trailing = "trailing" // tᵢ = round(T − i·T/n) − 1
)

// Samplers lists the names of all samplers.
func Samplers() []string { return []string{DDIM, DPMpp2M} }

// Spacings lists the spacings that are possible with the schedule.
func (c Config) Spacings() []string {
	if c.ZeroTerminalSNR {
		return []string{Trailing}
	}
	return []string{Leading, Trailing}
}

// Options choose a sampler.
type Options struct {
	Sampler string  // DDIM or DPMpp2M
	Spacing string  // Leading or Trailing
	Steps   int     // 1 to T
	Eta     float64 // of DDIM, in [0, 1]: how much of the noise is drawn anew in each step
}

// Sampler takes a latent of pure noise to a clean one, a step at a time. It
// holds the state of one latent's way.
type Sampler interface {
	// Timesteps lists the timestep at which the network is asked in each step.
	Timesteps() []int
	// Step moves latent from step i to i + 1, given the network's prediction
	// for it. noise holds Gaussian values when NeedsNoise, else it is nil.
	Step(i int, latent, prediction, noise []float32)
	// NeedsNoise reports whether steps draw noise.
	NeedsNoise() bool
	// X0 writes the clean latent that the prediction in step i amounts to.
	X0(i int, dst, latent, prediction []float32)
}

// NewSampler returns a sampler for latents of n values.
func (s *Schedule) NewSampler(o Options, n int) (Sampler, error) {
	times, err := s.timesteps(o.Steps, o.Spacing)
	if err != nil {
		return nil, err
	}
	if !(o.Eta >= 0 && o.Eta <= 1) {
		return nil, fmt.Errorf("%w: eta %g is not in [0, 1]", ErrConfig, o.Eta)
	}
	switch o.Sampler {
	case DDIM:
		return &ddim{path{s, times}, o.Eta}, nil
	case DPMpp2M:
		if o.Eta != 0 {
			return nil, fmt.Errorf("%w: eta belongs to %s; %s draws no noise", ErrConfig, DDIM, DPMpp2M)
		}
		return &dpmpp2m{path: path{s, times}, last: make([]float32, n), now: make([]float32, n)}, nil
	}
	return nil, fmt.Errorf("%w: no sampler %q (there are %s)", ErrConfig, o.Sampler, strings.Join([]string{DDIM, DPMpp2M}, ", "))
}

func (s *Schedule) timesteps(n int, spacing string) ([]int, error) {
	T := s.TrainTimesteps
	if n < 1 || n > T {
		return nil, fmt.Errorf("%w: %d steps; 1 to %d are possible", ErrConfig, n, T)
	}
	times := make([]int, n)
	switch spacing {
	case Leading:
		if s.ZeroTerminalSNR {
			return nil, fmt.Errorf("%w: %s spacing never starts at pure noise, for which this model was trained; use %s", ErrConfig, Leading, Trailing)
		}
		for i := range times {
			times[i] = T / n * (n - 1 - i)
		}
	case Trailing:
		for i := range times {
			times[i] = int(math.RoundToEven(float64(T)-float64(i)*float64(T)/float64(n))) - 1
		}
	default:
		return nil, fmt.Errorf("%w: no spacing %q (there are %s, %s)", ErrConfig, spacing, Leading, Trailing)
	}
	return times, nil
}

// path is what samplers share: the schedule at the timesteps of a run.
type path struct {
	s     *Schedule
	times []int
}

func (p *path) Timesteps() []int { return p.times }

// alphasCumprod of step i; behind the last step it is 1.
func (p *path) alphasCumprod(i int) float64 {
	if i == len(p.times) {
		return 1
	}
	return p.s.AlphasCumprod[p.times[i]]
}

func (p *path) X0(i int, dst, latent, prediction []float32) {
	a := p.alphasCumprod(i)
	p.x0(a, dst, latent, prediction)
}

func (p *path) x0(alphasCumprod float64, dst, latent, prediction []float32) {
	xl, xp, _, _ := p.s.split(math.Sqrt(alphasCumprod), math.Sqrt(1-alphasCumprod))
	for j := range dst {
		dst[j] = float32(xl*float64(latent[j]) + xp*float64(prediction[j]))
	}
}

// ddim is equation 12 of the paper, with σ of equation 16 scaled by η.
type ddim struct {
	path
	eta float64
}

func (d *ddim) NeedsNoise() bool { return d.eta > 0 }

func (d *ddim) Step(i int, latent, prediction, noise []float32) {
	a, b := d.alphasCumprod(i), d.alphasCumprod(i+1)
	sigma := 0.0
	if a < b && b < 1 {
		sigma = d.eta * math.Sqrt((1-b)/(1-a)*(1-a/b))
	}
	xl, xp, el, ep := d.s.split(math.Sqrt(a), math.Sqrt(1-a))
	toX, toEps := math.Sqrt(b), math.Sqrt(max(1-b-sigma*sigma, 0))
	l, p := toX*xl+toEps*el, toX*xp+toEps*ep
	for j := range latent {
		v := l*float64(latent[j]) + p*float64(prediction[j])
		if sigma > 0 {
			v += sigma * float64(noise[j])
		}
		latent[j] = float32(v)
	}
}

// dpmpp2m is algorithm 2 of the paper in terms of x₀. The first and the last
// step are of order 1; so is the only one.
type dpmpp2m struct {
	path
	last, now []float32 // x₀ of the step before and of this one
}

func (d *dpmpp2m) NeedsNoise() bool { return false }

// minAlphasCumprod keeps the logarithm of a zero terminal SNR finite.
const minAlphasCumprod = 0x1p-24

func (d *dpmpp2m) at(i int) (alpha, sigma, lambda float64) {
	a := max(d.alphasCumprod(i), minAlphasCumprod)
	alpha, sigma = math.Sqrt(a), math.Sqrt(1-a)
	return alpha, sigma, math.Log(alpha) - math.Log(sigma)
}

func (d *dpmpp2m) X0(i int, dst, latent, prediction []float32) {
	d.x0(max(d.alphasCumprod(i), minAlphasCumprod), dst, latent, prediction)
}

func (d *dpmpp2m) Step(i int, latent, prediction, _ []float32) {
	d.X0(i, d.now, latent, prediction)
	defer func() { d.last, d.now = d.now, d.last }()
	if i == len(d.times)-1 { // σ is 0 behind it: the first-order step is x₀ itself
		copy(latent, d.now)
		return
	}
	_, sigma, lambda := d.at(i)
	alphaNext, sigmaNext, lambdaNext := d.at(i + 1)
	h := lambdaNext - lambda
	keep, take := sigmaNext/sigma, -alphaNext*math.Expm1(-h)
	now, last := 1.0, 0.0
	if i > 0 {
		_, _, lambdaBefore := d.at(i - 1)
		r := (lambda - lambdaBefore) / h
		now, last = 1+1/(2*r), -1/(2*r)
	}
	for j := range latent {
		x0 := now*float64(d.now[j]) + last*float64(d.last[j])
		latent[j] = float32(keep*float64(latent[j]) + take*x0)
	}
}

// Guide writes classifier-free guidance (Ho and Salimans 2022) to dst:
// null + scale·(text − null), brought back towards the deviation of text by
// the part rescale (Lin et al. 2023, equations 15 and 16). dst may be any of
// the operands.
func Guide(dst, null, text []float32, scale, rescale float64) {
	var sumText, sumSqText, sum, sumSq float64
	for i := range dst {
		t, n := float64(text[i]), float64(null[i])
		g := n + scale*(t-n)
		dst[i] = float32(g)
		sumText += t
		sumSqText += t * t
		sum += g
		sumSq += g * g
	}
	if rescale == 0 {
		return
	}
	n := float64(len(dst))
	variance := sumSq/n - sum/n*(sum/n)
	if variance <= 0 {
		return
	}
	ratio := math.Sqrt(max(sumSqText/n-sumText/n*(sumText/n), 0) / variance)
	factor := float32(rescale*ratio + 1 - rescale)
	for i := range dst {
		dst[i] *= factor
	}
}
