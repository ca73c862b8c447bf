package graph

import "testing"

func TestWork(t *testing.T) {
	r := NewRecorder()
	x := r.Input("x", PerLatent, 2, 3, 8, 8)
	conv := r.Conv2d(x, r.Param("w", 5, 3, 3, 3), r.Param("b", 5), 2, 1)
	tokens := r.Transpose(r.Reshape(conv, 2, 5, 16), 1, 2)
	linear := r.Linear(tokens, r.Param("l", 4, 5))
	context := r.Input("context", PerPrompt, 2, 7, 4)
	attention := r.Attention(linear, context, context, 2)
	sum := r.Add(attention, linear)
	weights := r.AttentionWeights(linear, context, 2)
	r.Output("out", sum)
	r.Output("weights", weights)
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		v           Value
		flop, bytes int
	}{
		{"convolution", conv, 2 * 2 * 5 * 4 * 4 * 3 * 3 * 3, 4 * (2*3*8*8 + 5*3*3*3 + 5 + 2*5*4*4)},
		{"linear", linear, 2 * 2 * 16 * 5 * 4, 4 * (2*16*5 + 4*5 + 2*16*4)},
		{"attention", attention, 4 * 2 * 16 * 7 * 4, 4 * (2*16*4 + 2*2*7*4 + 2*16*4)},
		{"attention weights", weights, 2 * 2 * 16 * 7 * 4, 4 * (2*16*4 + 2*7*4 + 2*2*16*7)},
		{"addition", sum, 0, 4 * 3 * 2 * 16 * 4},
	} {
		if w := p.Work(c.v); w.FLOP != c.flop || w.Bytes != c.bytes {
			t.Errorf("%s: %+v, want %d FLOP and %d bytes", c.name, w, c.flop, c.bytes)
		}
	}
}
