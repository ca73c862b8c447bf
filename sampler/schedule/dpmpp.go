package schedule

// dpmpp2m is algorithm 2 of the paper in terms of x₀. The first and the last
// step are of order 1; so is the only one.
func (p *path) dpmpp2m(i int) Step {
	v, prediction, _ := units(2)
	x0 := p.solverX0(i, v[0], prediction)
	if p.last(i) {
		return Step{x0, x0}
	}
	keep, take, _ := p.advance(i)
	slope := p.slope(i)
	return Step{sum(mix{keep, v[0]}, mix{take * (1 + slope), x0}, mix{-take * slope, v[1]}), x0}
}
