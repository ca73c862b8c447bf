package schedule

// dpmpp2m is algorithm 2 of the paper in terms of x₀. The first and the last
// step are of order 1; so is the only one.
type dpmpp2m struct {
	solverPath
	before, now []float32 // x₀ of the step before and of this one
}

func newDPMpp2M(p path, n int) *dpmpp2m {
	return &dpmpp2m{solverPath: solverPath{p}, before: make([]float32, n), now: make([]float32, n)}
}

func (d *dpmpp2m) Step(i int, latent, prediction, _ []float32) {
	d.X0(i, d.now, latent, prediction)
	defer func() { d.before, d.now = d.now, d.before }()
	if d.last(i) {
		copy(latent, d.now)
		return
	}
	keep, take, _ := d.advance(i)
	now, before := 1.0, 0.0
	if i > 0 {
		r := d.ratio(i)
		now, before = 1+1/(2*r), -1/(2*r)
	}
	for j := range latent {
		x0 := now*float64(d.now[j]) + before*float64(d.before[j])
		latent[j] = float32(keep*float64(latent[j]) + take*x0)
	}
}
