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
	UniPC    = "unipc"    // of order 2 with B₂(h), Zhao et al. 2023
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
	Sampler string  // DDIM, DPMpp2M or UniPC
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
	if o.Eta != 0 && (o.Sampler == DPMpp2M || o.Sampler == UniPC) {
		return nil, fmt.Errorf("%w: eta belongs to %s; %s draws no noise", ErrConfig, DDIM, o.Sampler)
	}
	switch o.Sampler {
	case DDIM:
		return &ddim{path{s, times}, o.Eta}, nil
	case DPMpp2M:
		return newDPMpp2M(path{s, times}, n), nil
	case UniPC:
		return newUniPC(path{s, times}, n), nil
	}
	return nil, fmt.Errorf("%w: no sampler %q (there are %s)", ErrConfig, o.Sampler, strings.Join([]string{DDIM, DPMpp2M, UniPC}, ", "))
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
