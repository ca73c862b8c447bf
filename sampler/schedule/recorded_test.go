package schedule

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
)

// trajectories were recorded with diffusers 0.31.0 by testdata/record.py.
//
//go:embed testdata/trajectories.json
var trajectories []byte

func TestRecordedTrajectories(t *testing.T) {
	var cases []struct {
		Sampler, Spacing string
		Zero             bool
		Steps            int
		Eta              float64
		Timesteps        []int
		Noise            [][]float32
		Latents          [][]float64
	}
	if err := json.Unmarshal(trajectories, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s %s eta %g zero %t %d steps", c.Sampler, c.Spacing, c.Eta, c.Zero, c.Steps), func(t *testing.T) {
			config := Study()
			if c.Zero {
				config = ZeroTerminal()
			}
			s, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			sampler, err := s.NewSampler(Options{Sampler: c.Sampler, Spacing: c.Spacing, Steps: c.Steps, Eta: c.Eta})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(sampler.Timesteps, c.Timesteps) {
				t.Fatalf("timesteps %v, recorded are %v", sampler.Timesteps, c.Timesteps)
			}
			v, prediction := sampler.Vectors(6), make([]float32, 6)
			x := v[0]
			copy(x, c.Noise[0])
			for i, at := range c.Timesteps {
				for k, v := range x {
					prediction[k] = float32(math.Tanh(0.7*float64(v) + float64(at)/1000 - 0.3))
				}
				var noise []float32
				if sampler.Steps[i].DrawsNoise() {
					noise = c.Noise[i+1]
				}
				sampler.Steps[i].Apply(v, prediction, noise)
				for k, v := range x {
					if want := c.Latents[i][k]; math.Abs(float64(v)-want) > 1e-4*max(1, math.Abs(want)) {
						t.Fatalf("step %d: value %d is %g, recorded is %g", i, k, v, want)
					}
				}
			}
		})
	}
}
