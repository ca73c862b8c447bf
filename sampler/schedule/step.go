package schedule

// Step is what a sampler makes of its vectors once the network has answered:
// row r holds the factors with which all vectors, then the prediction, then the
// noise of this step add up to the new vector r. Vector 0 is the latent, vector
// 1 the clean latent x₀ that the prediction means; those after it are the
// sampler's memory. Every sampler here is linear, so that any device can take
// its steps.
type Step [][]float64

// DrawsNoise reports whether the step adds noise.
func (s Step) DrawsNoise() bool {
	for _, row := range s {
		if row[len(row)-1] != 0 {
			return true
		}
	}
	return false
}

// Apply takes the step, in place. All have as many values as the latents; noise
// may be nil where the step draws none.
func (s Step) Apply(vectors [][]float32, prediction, noise []float32) {
	terms := make([][]term, len(s))
	for r, row := range s {
		for c, f := range row {
			if f != 0 {
				terms[r] = append(terms[r], term{f, c})
			}
		}
	}
	operands := append(append([][]float32(nil), vectors...), prediction, noise)
	old := make([]float64, len(operands))
	for j := range prediction {
		for c, o := range operands {
			if o != nil {
				old[c] = float64(o[j])
			}
		}
		for r, row := range terms {
			sum := 0.0
			for _, t := range row {
				sum += t.factor * old[t.operand]
			}
			vectors[r][j] = float32(sum)
		}
	}
}

type term struct {
	factor  float64
	operand int
}

// mix is a row as the factors of others.
type mix struct {
	factor float64
	row    []float64
}

// sum adds rows up.
func sum(list ...mix) []float64 {
	row := make([]float64, len(list[0].row))
	for _, m := range list {
		for i, f := range m.row {
			row[i] += m.factor * f
		}
	}
	return row
}

// units are the rows that stand for each vector, the prediction and the noise
// themselves.
func units(vectors int) (list [][]float64, prediction, noise []float64) {
	for i := range vectors + 2 {
		list = append(list, make([]float64, vectors+2))
		list[i][i] = 1
	}
	return list[:vectors], list[vectors], list[vectors+1]
}
