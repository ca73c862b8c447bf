package train

import (
	"math"
	"testing"

	"github.com/roentgo/roentgo/sampler/model"
)

// plainImages are square images of one size with the operations of detailError,
// on plain values.
type plainImages struct {
	model.Ops[grey]
}

type grey struct {
	side   int
	values []float64
}

func (plainImages) AvgPool2(x grey) grey {
	y := grey{x.side / 2, make([]float64, x.side*x.side/4)}
	for i := range y.values {
		at := i/y.side*2*x.side + i%y.side*2
		y.values[i] = (x.values[at] + x.values[at+1] + x.values[at+x.side] + x.values[at+x.side+1]) / 4
	}
	return y
}

func (plainImages) Upsample2(x grey) grey {
	y := grey{2 * x.side, make([]float64, 4*x.side*x.side)}
	for i := range y.values {
		y.values[i] = x.values[i/y.side/2*x.side+i%y.side/2]
	}
	return y
}

func (plainImages) combine(x, y grey, f func(a, b float64) float64) grey {
	z := grey{x.side, make([]float64, len(x.values))}
	for i := range z.values {
		z.values[i] = f(x.values[i], y.values[i])
	}
	return z
}

func (o plainImages) Sub(x, y grey) grey {
	return o.combine(x, y, func(a, b float64) float64 { return a - b })
}

func (o plainImages) Add(x, y grey) grey {
	return o.combine(x, y, func(a, b float64) float64 { return a + b })
}

func (o plainImages) Abs(x grey) grey {
	return o.combine(x, x, func(a, _ float64) float64 { return math.Abs(a) })
}

func (plainImages) Mean(x grey) grey {
	var sum float64
	for _, v := range x.values {
		sum += v / float64(len(x.values))
	}
	return grey{1, []float64{sum}}
}

// TestDetailError checks that the error is that of the strength of detail, not
// of its place or sign, and by octave.
func TestDetailError(t *testing.T) {
	const side = 32
	wave := func(amplitude float64, period int) grey {
		x := grey{side, make([]float64, side*side)}
		for i := range x.values {
			x.values[i] = 3 - amplitude
			if i%side/period%2 == 0 {
				x.values[i] = 3 + amplitude
			}
		}
		return x
	}
	for name, c := range map[string]struct {
		y, x grey
		want float64
	}{
		"the same":                  {wave(0.5, 1), wave(0.5, 1), 0},
		"another sign":              {wave(-0.5, 1), wave(0.5, 1), 0},
		"flat against fine":         {wave(0, 1), wave(0.5, 1), 0.5},
		"weaker":                    {wave(0.2, 1), wave(0.5, 1), 0.3},
		"flat against twice as low": {wave(0, 2), wave(0.5, 2), 0.5},
		"lower than both octaves":   {wave(0, 4), wave(0.5, 4), 0},
	} {
		if got := detailError(plainImages{}, c.y, c.x).values[0]; math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, got, c.want)
		}
	}
}
