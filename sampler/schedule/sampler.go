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
	// Quadratic is tᵢ = round(T·(1 − i/n)²) − 1, as Song, Meng and Ermon 2021,
	// appendix D.2, but from T on: more of the steps are at little noise, where
	// fine detail is decided.
	Quadratic = "quadratic"
)

// Samplers lists the names of all samplers.
func Samplers() []string { return []string{DDIM, DPMpp2M, UniPC} }

// Spacings lists the spacings that are possible with the schedule.
func (c Config) Spacings() []string {
	if c.ZeroTerminalSNR {
		return []string{Trailing, Quadratic}
	}
	return []string{Leading, Trailing, Quadratic}
}

// Options are how a run samples. A model file has them as its defaults.
type Options struct {
	Sampler  string  `json:"sampler"`  // DDIM, DPMpp2M or UniPC
	Spacing  string  `json:"spacing"`  // Leading, Trailing or Quadratic
	Steps    int     `json:"steps"`    // evaluations of the network per image, 1 to T
	Guidance float64 `json:"guidance"` // scale of classifier-free guidance, 1 to MaxGuidance; 1: none
	Rescale  float64 `json:"rescale"`  // part of guidance rescaling, in [0, 1]
	Eta      float64 `json:"eta"`      // of DDIM, in [0, 1]: how much of the noise is drawn again in each step

	GuidanceInterval Interval `json:"guidance_interval,omitzero"` // the timesteps that are guided; zero: every one
}

// MaxGuidance is far beyond where images break.
const MaxGuidance = 100

// Validate checks every option.
func (s *Schedule) Validate(o Options) error {
	if _, err := s.NewSampler(o); err != nil {
		return err
	}
	if !(o.Guidance >= 1 && o.Guidance <= MaxGuidance) {
		return fmt.Errorf("guidance %g is not in [1, %d]", o.Guidance, MaxGuidance)
	}
	if !(o.Rescale >= 0 && o.Rescale <= 1) {
		return fmt.Errorf("rescale %g is not in [0, 1]", o.Rescale)
	}
	return s.ValidateInterval(o.GuidanceInterval)
}

// Sampler takes latents of pure noise to clean ones, a step at a time.
type Sampler struct {
	Timesteps []int  // at which the network is asked in each step
	Steps     []Step // what becomes of the vectors after the network
}

// Vectors returns vectors for latents of n values: the latent, which is to be
// filled with noise, and zeros.
func (s *Sampler) Vectors(n int) [][]float32 {
	v := make([][]float32, len(s.Steps[0]))
	for i := range v {
		v[i] = make([]float32, n)
	}
	return v
}

// NewSampler returns the sampler of o, whose options of guidance it ignores.
func (s *Schedule) NewSampler(o Options) (*Sampler, error) {
	times, err := s.timesteps(o.Steps, o.Spacing)
	if err != nil {
		return nil, err
	}
	if !(o.Eta >= 0 && o.Eta <= 1) {
		return nil, fmt.Errorf("%w: eta %g is not in [0, 1]", ErrConfig, o.Eta)
	}
	p := &path{s, times}
	step := map[string]func(i int) Step{
		DDIM:    func(i int) Step { return p.ddim(i, o.Eta) },
		DPMpp2M: p.dpmpp2m,
		UniPC:   p.unipc,
	}[o.Sampler]
	if step == nil {
		return nil, fmt.Errorf("%w: no sampler %q (there are %s)", ErrConfig, o.Sampler, strings.Join(Samplers(), ", "))
	}
	if o.Eta != 0 && o.Sampler != DDIM {
		return nil, fmt.Errorf("%w: eta belongs to %s; %s draws no noise", ErrConfig, DDIM, o.Sampler)
	}
	made := &Sampler{Timesteps: times}
	for i := range times {
		made.Steps = append(made.Steps, step(i))
	}
	return made, nil
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
	case Quadratic:
		for i := range times {
			left := float64(n-i) / float64(n)
			times[i] = int(math.RoundToEven(float64(T)*left*left)) - 1
			if i > 0 {
				times[i] = min(times[i], times[i-1]-1)
			}
			times[i] = max(times[i], n-1-i) // each timestep once, with many steps
		}
	default:
		return nil, fmt.Errorf("%w: no spacing %q (there are %s)", ErrConfig, spacing, strings.Join(s.Spacings(), ", "))
	}
	return times, nil
}

// path is what samplers share: the schedule at the timesteps of a run.
type path struct {
	s     *Schedule
	times []int
}

// alphasCumprod of step i; after the last step it is 1.
func (p *path) alphasCumprod(i int) float64 {
	if i == len(p.times) {
		return 1
	}
	return p.s.AlphasCumprod[p.times[i]]
}
