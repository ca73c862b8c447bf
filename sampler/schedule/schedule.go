// Package schedule holds the noise schedule of the diffusion process and the
// samplers that run it backwards.
//
// A noised latent is x_t = √ᾱ_t·x₀ + √(1−ᾱ_t)·ε (Ho, Jain and Abbeel 2020). A
// network predicts either ε or the velocity v = √ᾱ_t·ε − √(1−ᾱ_t)·x₀
// (Salimans and Ho 2022).
package schedule

import (
	"errors"
	"fmt"
	"math"
)

// What a network predicts.
const (
	Epsilon     = "epsilon"
	VPrediction = "v_prediction"
)

// Config is the schedule as a model file states it.
type Config struct {
	TrainTimesteps  int     `json:"train_timesteps"` // T
	BetaStart       float64 `json:"beta_start"`
	BetaEnd         float64 `json:"beta_end"`          // betas rise linearly from start to end
	ZeroTerminalSNR bool    `json:"zero_terminal_snr"` // rescaled so that ᾱ of the last timestep is 0 (Lin et al. 2023, algorithm 1)
	Prediction      string  `json:"prediction"`        // Epsilon or VPrediction
}

// Study is the schedule of the published study.
func Study() Config {
	return Config{TrainTimesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: Epsilon}
}

// ZeroTerminal is velocity prediction down to pure noise.
func ZeroTerminal() Config {
	return Config{TrainTimesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, ZeroTerminalSNR: true, Prediction: VPrediction}
}

// ErrConfig is wrapped by every refusal of a schedule or of sampling options.
var ErrConfig = errors.New("schedule: refused")

const (
	// maxTimesteps bounds T.
	maxTimesteps = 10000
	// leastAlphasCumprod is the least ᾱ other than 0: its root, and sums of its
	// multiples, are still numbers of 32 bits.
	leastAlphasCumprod = 1e-60
)

// Validate checks every field.
func (c Config) Validate() error {
	switch {
	case c.TrainTimesteps < 2 || c.TrainTimesteps > maxTimesteps:
		return fmt.Errorf("%w: %d training timesteps are not 2 to %d", ErrConfig, c.TrainTimesteps, maxTimesteps)
	case !(c.BetaStart > 0 && c.BetaStart <= c.BetaEnd && c.BetaEnd < 1):
		return fmt.Errorf("%w: betas from %g to %g do not rise within (0, 1)", ErrConfig, c.BetaStart, c.BetaEnd)
	case c.Prediction != Epsilon && c.Prediction != VPrediction:
		return fmt.Errorf("%w: prediction %q is neither %s nor %s", ErrConfig, c.Prediction, Epsilon, VPrediction)
	case c.ZeroTerminalSNR && c.Prediction == Epsilon:
		return fmt.Errorf("%w: with zero terminal SNR the last timestep is pure noise, from which %s says nothing; use %s", ErrConfig, Epsilon, VPrediction)
	}
	return nil
}

// Schedule is a checked Config with its ᾱ.
type Schedule struct {
	Config
	AlphasCumprod []float64 // ᾱ_t, t in [0, T)
}

// New computes a schedule.
func New(c Config) (*Schedule, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Schedule{Config: c, AlphasCumprod: make([]float64, c.TrainTimesteps)}
	product := 1.0
	for t := range s.AlphasCumprod {
		product *= 1 - (c.BetaStart + (c.BetaEnd-c.BetaStart)*float64(t)/float64(c.TrainTimesteps-1))
		s.AlphasCumprod[t] = product
	}
	if c.ZeroTerminalSNR {
		first, last := math.Sqrt(s.AlphasCumprod[0]), math.Sqrt(product)
		for t, a := range s.AlphasCumprod {
			root := (math.Sqrt(a) - last) * first / (first - last)
			s.AlphasCumprod[t] = root * root
		}
	}
	return s, s.validate()
}

// validate checks that every timestep has more noise than the one before it,
// in the numbers of this machine, and that ε, if predicted, leaves something of
// the clean latent to be seen beside it.
func (s *Schedule) validate() error {
	before := 1.0
	for t, a := range s.AlphasCumprod {
		pure := s.ZeroTerminalSNR && t == len(s.AlphasCumprod)-1
		if !(a < before && (a >= leastAlphasCumprod || pure && a == 0)) {
			return fmt.Errorf("%w: betas from %g to %g in %d timesteps: ᾱ goes from %g to %g at timestep %d; it must fall at each, and stay above %g", ErrConfig,
				s.BetaStart, s.BetaEnd, s.TrainTimesteps, before, a, t, leastAlphasCumprod)
		}
		before = a
	}
	if s.Prediction == Epsilon && before < pureNoise {
		return fmt.Errorf("%w: betas from %g to %g in %d timesteps: the last is of ᾱ %g, so little that %s says nothing of the clean latent; use %s", ErrConfig,
			s.BetaStart, s.BetaEnd, s.TrainTimesteps, before, Epsilon, VPrediction)
	}
	return nil
}

// Coefficients returns √ᾱ_t and √(1−ᾱ_t).
func (s *Schedule) Coefficients(t int) (alpha, sigma float64) {
	a := s.AlphasCumprod[t]
	return math.Sqrt(a), math.Sqrt(1 - a)
}

// Noise writes x_t to dst, from a clean latent x0 and Gaussian eps.
func (s *Schedule) Noise(dst, x0, eps []float32, t int) {
	alpha, sigma := s.Coefficients(t)
	for i := range dst {
		dst[i] = float32(alpha*float64(x0[i]) + sigma*float64(eps[i]))
	}
}

// Target writes to dst what the network should predict at timestep t.
func (s *Schedule) Target(dst, x0, eps []float32, t int) {
	if s.Prediction == Epsilon {
		copy(dst, eps)
		return
	}
	alpha, sigma := s.Coefficients(t)
	for i := range dst {
		dst[i] = float32(alpha*float64(eps[i]) - sigma*float64(x0[i]))
	}
}

// minSNRGamma is γ of min-SNR weighting (Hang et al. 2023).
const minSNRGamma = 5

// LossWeight is the weight of the squared error at timestep t: 1 for ε; for v
// min(SNR+1, 5)/(SNR+1), which is min-SNR-γ moved so that a timestep of pure
// noise keeps weight 1.
func (s *Schedule) LossWeight(t int) float64 {
	if s.Prediction == Epsilon {
		return 1
	}
	a := s.AlphasCumprod[t]
	return math.Min(1, minSNRGamma*(1-a)) // SNR + 1 = 1/(1−ᾱ)
}

// x0 and eps of a prediction at coefficients alpha and sigma, as multiples:
// x₀ = xl·latent + xp·prediction, ε = el·latent + ep·prediction.
func (s *Schedule) split(alpha, sigma float64) (xl, xp, el, ep float64) {
	if s.Prediction == Epsilon {
		return 1 / alpha, -sigma / alpha, 0, 1
	}
	return alpha, -sigma, sigma, alpha
}
