package schedule

import "math"

// unipc is UniPC-2 with B₂(h) = e^h − 1 in terms of x₀ (algorithms 5 and 6 of
// the paper). The network's answer in step i corrects the latent that step
// i − 1 predicted, before the next is predicted from it, so that the corrector
// costs no evaluation. The first and the last step are of order 1; so is the
// only one.
type unipc struct {
	solverPath
	corrected        []float32 // the latent of the step before, behind its correction
	now, once, twice []float32 // x₀ of this step, of the one before, of the one before that
}

func newUniPC(p path, n int) *unipc {
	u := &unipc{solverPath: solverPath{p}}
	for _, v := range []*[]float32{&u.corrected, &u.now, &u.once, &u.twice} {
		*v = make([]float32, n)
	}
	return u
}

func (u *unipc) Step(i int, latent, prediction, _ []float32) {
	u.X0(i, u.now, latent, prediction)
	defer func() { u.now, u.once, u.twice = u.twice, u.now, u.once }()
	if u.last(i) {
		copy(latent, u.now)
		return
	}
	if i > 0 {
		u.correct(i, latent)
	}
	copy(u.corrected, latent)
	u.predict(i, latent)
}

// predict is UniP: its equation 3 with ρ₁ = 1/2 of order 2, where it is the
// step of DPM-Solver++(2M).
func (u *unipc) predict(i int, latent []float32) {
	keep, take, _ := u.advance(i)
	slope := 0.0
	if i > 0 {
		slope = 1 / (2 * u.ratio(i))
	}
	for j := range latent {
		now := float64(u.now[j])
		latent[j] = float32(keep*float64(latent[j]) + take*(now+slope*(now-float64(u.once[j]))))
	}
}

// correct is UniC: it takes the step from i − 1 to i again, with x₀ at both of
// its ends.
func (u *unipc) correct(i int, latent []float32) {
	keep, take, h := u.advance(i - 1)
	back, ahead := 0.0, 0.5 // of the differences to x₀ of steps i − 2 and i
	if i > 1 {
		// R ρ = b of the paper, for r₁ = (λ_{i−2} − λ_{i−1})/h and r₂ = 1.
		b := math.Expm1(-h)
		phi2 := -b/h - 1
		phi3 := -phi2/h - 0.5
		b1, b2 := phi2/b, 2*phi3/b
		r := -u.ratio(i - 1)
		back = (b1 - b2) / (1 - r)
		ahead = b1 - back
		back /= r
	}
	for j := range latent {
		once := float64(u.once[j])
		x0 := once + back*(float64(u.twice[j])-once) + ahead*(float64(u.now[j])-once)
		latent[j] = float32(keep*float64(u.corrected[j]) + take*x0)
	}
}
