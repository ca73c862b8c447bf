//go:build libtorch

package train

import "github.com/roentgo/roentgo/sampler/schedule"

// clean is the timestep after the last, at which a latent has no noise.
const clean = -1

// ddimFactors are those of a latent and of a prediction of v in a step of DDIM
// (Song et al. 2021) between two timesteps.
func ddimFactors(s *schedule.Schedule, from, to float32) (byZ, byV float64) {
	coefficients := func(t float32) (alpha, sigma float64) {
		if t == clean {
			return 1, 0
		}
		return s.Coefficients(int(t))
	}
	alpha, sigma := coefficients(from)
	alphaTo, sigmaTo := coefficients(to)
	return alphaTo*alpha + sigmaTo*sigma, sigmaTo*alpha - alphaTo*sigma
}

// ddim takes latents z, one after the other, from the timesteps from to those
// of to, with predictions v.
func ddim(s *schedule.Schedule, z, v, from, to []float32) []float32 {
	next, n := make([]float32, len(z)), len(z)/len(from)
	for b := range from {
		byZ, byV := ddimFactors(s, from[b], to[b])
		for i := b * n; i < (b+1)*n; i++ {
			next[i] = float32(byZ*float64(z[i]) + byV*float64(v[i]))
		}
	}
	return next
}

// ddimPredictions returns the predictions with which [ddim] goes from z to
// reached in one step (Salimans and Ho 2022, appendix G).
func ddimPredictions(s *schedule.Schedule, z, reached, from, to []float32) []float32 {
	v, n := make([]float32, len(z)), len(z)/len(from)
	for b := range from {
		byZ, byV := ddimFactors(s, from[b], to[b]) // byV is not 0, as noise falls
		for i := b * n; i < (b+1)*n; i++ {
			v[i] = float32((float64(reached[i]) - byZ*float64(z[i])) / byV)
		}
	}
	return v
}
