//go:build libtorch

package train

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/sampler/schedule"
)

// TestDDIM compares two steps with the latents that the clean latent and the noise
// give at their timesteps, and one step in their place with the prediction that
// both have.
func TestDDIM(t *testing.T) {
	s, err := schedule.New(schedule.ZeroTerminal())
	if err != nil {
		t.Fatal(err)
	}
	x0, eps := []float32{0.5, -1.25, 2, 0}, []float32{-0.75, 0.25, 1, 1.5}
	at := func(timestep float32) (z, v []float32) {
		z, v = make([]float32, len(x0)), make([]float32, len(x0))
		if timestep == clean {
			return x0, v
		}
		s.Noise(z, x0, eps, int(timestep))
		s.Target(v, x0, eps, int(timestep))
		return z, v
	}
	near := func(what string, got, want []float32) {
		t.Helper()
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 2e-5 {
				t.Errorf("%s is %v, want %v", what, got, want)
				return
			}
		}
	}
	for _, times := range [][3]float32{{999, 874, 749}, {499, 374, 249}, {249, 124, clean}, {61, 30, clean}} {
		from, middle, to := times[:1], times[1:2], times[2:]
		z, v := at(from[0])
		zm, vm := at(middle[0])
		last, _ := at(to[0])
		near("the first step", ddim(s, z, v, from, middle), zm)
		near("the second step", ddim(s, zm, vm, middle, to), last)
		near("the prediction", ddimPredictions(s, z, last, from, to), v)
	}
}
