package schedule

import (
	"fmt"
	"math"
	"testing"
)

// gaussian is a network that knows the data to be normally distributed: the
// probability flow from noise to data then has a closed form.
type gaussian struct {
	s               *Schedule
	mean, deviation float64
}

// predict returns what the best network would, for a latent x at ᾱ = a.
func (g gaussian) predict(x, a float64) float64 {
	alpha, sigma := math.Sqrt(a), math.Sqrt(1-a)
	variance := g.deviation * g.deviation
	rest := x - alpha*g.mean
	x0 := g.mean + alpha*variance/(a*variance+1-a)*rest
	epsilon := sigma / (a*variance + 1 - a) * rest
	if g.s.Prediction == Epsilon {
		return epsilon
	}
	return alpha*epsilon - sigma*x0
}

// end is where the flow takes a latent x at ᾱ = a.
func (g gaussian) end(x, a float64) float64 {
	return g.mean + g.deviation*(x-math.Sqrt(a)*g.mean)/math.Sqrt(a*g.deviation*g.deviation+1-a)
}

// distance is how far from the end of the flow a sampler ends.
func (g gaussian) distance(sampler *Sampler) float64 {
	const begin = 1.25
	v, prediction := sampler.Vectors(1), make([]float32, 1)
	v[0][0] = begin
	for i, t := range sampler.Timesteps {
		prediction[0] = float32(g.predict(float64(v[0][0]), g.s.AlphasCumprod[t]))
		sampler.Steps[i].Apply(v, prediction, nil)
	}
	return math.Abs(float64(v[0][0]) - g.end(begin, g.s.AlphasCumprod[sampler.Timesteps[0]]))
}

// TestEveryCount takes every number of steps of every sampler, spacing and
// prediction to the end of a flow that is known: the more steps, the closer.
func TestEveryCount(t *testing.T) {
	v := Study()
	v.Prediction = VPrediction
	long := ZeroTerminal()
	long.TrainTimesteps = maxTimesteps
	steep := Config{TrainTimesteps: 40, BetaStart: 1e-3, BetaEnd: 0.5, ZeroTerminalSNR: true, Prediction: VPrediction}
	for _, c := range []struct {
		Config
		one, two float64 // the distance at n steps is at most one/n, and of a solver of order 2 at most two/n²
	}{
		{Study(), 4, 70}, {v, 4, 70}, {ZeroTerminal(), 2.5, 50}, {steep, 2.5, 60}, {long, 9, 900},
	} {
		s := mustNew(t, c.Config)
		for _, spacing := range c.Spacings() {
			for _, name := range Samplers() {
				t.Run(fmt.Sprintf("%s of %d zero %t/%s %s", c.Prediction, c.TrainTimesteps, c.ZeroTerminalSNR, name, spacing), func(t *testing.T) {
					t.Parallel()
					for n := 1; n <= c.TrainTimesteps; n++ {
						if n > 300 && c.TrainTimesteps > 1000 {
							n = min(n+996, c.TrainTimesteps) // each takes long
						}
						sampler, err := s.NewSampler(Options{Sampler: name, Spacing: spacing, Steps: n})
						if err != nil {
							t.Fatal(err)
						}
						most := c.one / float64(n)
						if name != DDIM {
							most = min(most, c.two/float64(n*n)+1.5e-4) // float32 adds up
						}
						if d := (gaussian{s, 0.3, 0.8}).distance(sampler); !(d <= most) {
							t.Fatalf("%d steps end %g from where the flow does, at most %g is right", n, d, most)
						}
					}
				})
			}
		}
	}
}

// TestEveryCountWithNoise checks that the factors of every number of steps that
// draw noise are numbers, and keep a latent of pure noise what it is.
func TestEveryCountWithNoise(t *testing.T) {
	for _, c := range []Config{Study(), ZeroTerminal()} {
		s := mustNew(t, c)
		for _, spacing := range c.Spacings() {
			for n := 1; n <= c.TrainTimesteps; n++ {
				sampler, err := s.NewSampler(Options{Sampler: DDIM, Spacing: spacing, Steps: n, Eta: 1})
				if err != nil {
					t.Fatal(err)
				}
				for i, step := range sampler.Steps[:n-1] {
					// Of a latent √ᾱ·0 + √(1−ᾱ)·ε, of which the network sees all.
					a, b := s.AlphasCumprod[sampler.Timesteps[i]], s.AlphasCumprod[sampler.Timesteps[i+1]]
					answer := math.Sqrt(a)
					if c.Prediction == Epsilon {
						answer = 1
					}
					row := step[0]
					epsilon := row[0]*math.Sqrt(1-a) + row[2]*answer
					if got := epsilon*epsilon + row[3]*row[3]; !(math.Abs(got-(1-b)) < 1e-9) {
						t.Fatalf("%s %s, step %d of %d: noise of variance %g, want %g", c.Prediction, spacing, i, n, got, 1-b)
					}
				}
			}
		}
	}
}
