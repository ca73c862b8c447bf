package schedule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/roentgo/roentgo/internal/noise"
)

func mustNew(t *testing.T, c Config) *Schedule {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchedules(t *testing.T) {
	s := mustNew(t, Study())
	// The first and last values of the study's schedule, as diffusers and others have them.
	if a := s.AlphasCumprod[0]; math.Abs(a-0.9999) > 1e-12 {
		t.Errorf("first ᾱ is %g", a)
	}
	if a := s.AlphasCumprod[999]; math.Abs(a-4.0358e-05) > 1e-8 {
		t.Errorf("last ᾱ is %g", a)
	}
	z := mustNew(t, ZeroTerminal())
	if z.AlphasCumprod[999] != 0 || z.AlphasCumprod[0] != s.AlphasCumprod[0] {
		t.Errorf("zero terminal SNR: ᾱ from %g to %g", z.AlphasCumprod[0], z.AlphasCumprod[999])
	}
	if !slices.IsSortedFunc(z.AlphasCumprod, func(a, b float64) int { return -compare(a, b) }) {
		t.Error("ᾱ does not fall")
	}
	if z.LossWeight(999) != 1 || z.LossWeight(0) > 0.001 {
		t.Errorf("weights of v run from %g to %g", z.LossWeight(0), z.LossWeight(999))
	}
}

func compare(a, b float64) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

// exact is what a network that knows the clean latent would predict.
func exact(s *Schedule, x0, latent []float32, a float64) []float32 {
	alpha, sigma := math.Sqrt(a), math.Sqrt(1-a)
	out := make([]float32, len(x0))
	for i := range out {
		eps := (float64(latent[i]) - alpha*float64(x0[i])) / sigma
		if s.Prediction == Epsilon {
			out[i] = float32(eps)
		} else {
			out[i] = float32(alpha*eps - sigma*float64(x0[i]))
		}
	}
	return out
}

func TestExactDenoiser(t *testing.T) {
	x0 := []float32{0.5, -1.25, 2, 0}
	for _, c := range []Config{Study(), ZeroTerminal(), {TrainTimesteps: 1000, BetaStart: 1e-4, BetaEnd: 0.02, Prediction: VPrediction}} {
		s := mustNew(t, c)
		for _, o := range []Options{{Sampler: DDIM}, {Sampler: DDIM, Eta: 1}, {Sampler: DDIM, Eta: 0.3}, {Sampler: DPMpp2M}, {Sampler: UniPC}} {
			for _, o.Spacing = range []string{Leading, Trailing} {
				for _, o.Steps = range []int{1, 2, 3, 10, 50, 999, 1000} {
					if c.ZeroTerminalSNR && o.Spacing == Leading {
						continue
					}
					t.Run(fmt.Sprintf("%s/%v/%s-%s-%g-%d", c.Prediction, c.ZeroTerminalSNR, o.Sampler, o.Spacing, o.Eta, o.Steps), func(t *testing.T) {
						sampler, err := s.NewSampler(o)
						if err != nil {
							t.Fatal(err)
						}
						v, z := sampler.Vectors(len(x0)), make([]float32, len(x0))
						x := v[0]
						noise.Latent(x, 5, 0, noise.StreamInitial)
						for i, time := range sampler.Timesteps {
							a := s.AlphasCumprod[time]
							if a == 0 && o.Sampler != DDIM {
								alpha, _, _ := (&path{s, sampler.Timesteps}).at(0)
								a = alpha * alpha
							}
							noise.Latent(z, 5, 0, noise.StreamStep(i))
							sampler.Steps[i].Apply(v, exact(s, x0, x, a), z)
						}
						for i := range x {
							if math.Abs(float64(x[i]-x0[i])) > 1e-4 || math.Abs(float64(v[1][i]-x0[i])) > 1e-4 {
								t.Fatalf("ended at %v, by the prediction %v, want %v", x, v[1], x0)
							}
						}
					})
				}
			}
		}
	}
}

func TestTimesteps(t *testing.T) {
	s := mustNew(t, Study())
	for _, c := range []struct {
		spacing string
		n       int
		want    []int
	}{
		{Leading, 4, []int{750, 500, 250, 0}},
		{Trailing, 4, []int{999, 749, 499, 249}},
		{Trailing, 3, []int{999, 666, 332}},
		{Leading, 1, []int{0}},
		{Trailing, 1, []int{999}},
		{Quadratic, 1, []int{999}},
		{Quadratic, 4, []int{999, 561, 249, 61}},
		{Quadratic, 15, []int{999, 870, 750, 639, 537, 443, 359, 283, 217, 159, 110, 70, 39, 17, 3}},
	} {
		if got, err := s.timesteps(c.n, c.spacing); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s %d: %v, %v; want %v", c.spacing, c.n, got, err, c.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	good := mustNew(t, Study())
	zero := mustNew(t, ZeroTerminal())
	for name, f := range map[string]func() error{
		"no steps": func() error {
			_, err := good.NewSampler(Options{Sampler: DDIM, Spacing: Leading, Steps: 0, Eta: 0})
			return err
		},
		"too many steps": func() error {
			_, err := good.NewSampler(Options{Sampler: DDIM, Spacing: Leading, Steps: 1000000, Eta: 0})
			return err
		},
		"spacing": func() error {
			_, err := good.NewSampler(Options{Sampler: DDIM, Spacing: "middle", Steps: 10, Eta: 0})
			return err
		},
		"sampler": func() error {
			_, err := good.NewSampler(Options{Sampler: "euler", Spacing: Leading, Steps: 10, Eta: 0})
			return err
		},
		"eta": func() error {
			_, err := good.NewSampler(Options{Sampler: DDIM, Spacing: Leading, Steps: 10, Eta: math.NaN()})
			return err
		},
		"eta of dpm": func() error {
			_, err := good.NewSampler(Options{Sampler: DPMpp2M, Spacing: Leading, Steps: 10, Eta: 0.5})
			return err
		},
		"eta of unipc": func() error {
			_, err := good.NewSampler(Options{Sampler: UniPC, Spacing: Leading, Steps: 10, Eta: 0.5})
			return err
		},
		"zero leading": func() error {
			_, err := zero.NewSampler(Options{Sampler: DDIM, Spacing: Leading, Steps: 10, Eta: 0})
			return err
		},
		"zero epsilon": func() error {
			c := ZeroTerminal()
			c.Prediction = Epsilon
			return c.Validate()
		},
		"betas":       func() error { c := Study(); c.BetaEnd = 2; return c.Validate() },
		"betas of 0":  func() error { _, err := New(Config{10, 1e-300, 1e-300, false, VPrediction}); return err },
		"no ᾱ is 0":   func() error { _, err := New(Config{10000, 0.5, 0.9, false, VPrediction}); return err },
		"two ᾱ are 0": func() error { _, err := New(Config{10000, 0.5, 0.9, true, VPrediction}); return err },
		"ε of noise":  func() error { _, err := New(Config{10000, 1e-4, 0.02, false, Epsilon}); return err },
	} {
		if err := f(); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: error %v, want ErrConfig", name, err)
		}
	}
}

func TestInterval(t *testing.T) {
	for text, want := range map[string]Interval{"all": {}, "200-": {Low: 200}, "0-799": {High: 799}, "200-799": {Low: 200, High: 799}} {
		v, err := ParseInterval(text)
		if err != nil || v != want || v.String() != text {
			t.Errorf("%q: %v, %v, written as %q", text, v, err, v.String())
		}
	}
	for _, text := range []string{"", "-", "all-", "5", "x-9", "9-x", "5-0", "-5-7", "+5-9", "0x1-9"} {
		if v, err := ParseInterval(text); err == nil && mustNew(t, Study()).ValidateInterval(v) == nil {
			t.Errorf("%q was read as %v", text, v)
		}
	}
}

func TestGuide(t *testing.T) {
	null, text := []float32{0, 1, 2, -1}, []float32{1, 1, 3, -2}
	dst := make([]float32, 4)
	Guide(dst, null, text, 3, 0)
	if want := []float32{3, 1, 5, -4}; !slices.Equal(dst, want) {
		t.Errorf("guided to %v, want %v", dst, want)
	}
	Guide(dst, null, text, 1, 0)
	if !slices.Equal(dst, text) {
		t.Errorf("a scale of 1 gave %v, want the prediction for the text %v", dst, text)
	}
	Guide(dst, null, text, 3, 1)
	if a, b := deviation(dst), deviation(text); math.Abs(a-b) > 1e-6 {
		t.Errorf("rescaled to a deviation of %g, want %g", a, b)
	}
}

func deviation(x []float32) float64 {
	var s, q float64
	for _, v := range x {
		s += float64(v)
		q += float64(v) * float64(v)
	}
	n := float64(len(x))
	return math.Sqrt(q/n - s/n*(s/n))
}

func BenchmarkStep(b *testing.B) {
	s, err := New(Study())
	if err != nil {
		b.Fatal(err)
	}
	const n = 8192
	p := make([]float32, n)
	for _, name := range []string{DDIM, DPMpp2M, UniPC} {
		b.Run(name, func(b *testing.B) {
			sampler, err := s.NewSampler(Options{Sampler: name, Spacing: Trailing, Steps: 20})
			if err != nil {
				b.Fatal(err)
			}
			v := sampler.Vectors(n)
			b.SetBytes(4 * n)
			for b.Loop() {
				sampler.Steps[10].Apply(v, p, nil)
			}
		})
	}
}
