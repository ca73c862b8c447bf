package graph

import "testing"

func TestFLOPsAndBytes(t *testing.T) {
	r := NewRecorder()
	x := r.Input("x", PerLatent, 2, 3, 8, 8)
	conv := r.Conv2d(x, r.Param("w", 5, 3, 3, 3), r.Param("b", 5), 2, 1)
	tokens := r.Transpose(r.Reshape(conv, 2, 5, 16), 1, 2)
	linear := r.Linear(tokens, r.Param("l", 4, 5))
	context := r.Input("context", PerPrompt, 2, 7, 4)
	attention := r.Attention(linear, context, context, 2)
	sum := r.Add(attention, linear)
	rows := r.Embedding(r.Param("table", 1000, 4), r.Input("ids", PerPrompt, 1, 3))
	r.Output("out", sum)
	r.Output("rows", rows)
	g, err := r.Graph()
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		v            Value
		flops, bytes float64
	}{
		{"convolution", conv, 2 * 2 * 5 * 4 * 4 * 3 * 3 * 3, 4 * (2*3*8*8 + 5*3*3*3 + 5 + 2*5*4*4)},
		{"linear", linear, 2 * 2 * 16 * 5 * 4, 4 * (2*16*5 + 4*5 + 2*16*4)},
		{"attention", attention, 4 * 2 * 16 * 7 * 4, 4 * (2*16*4 + 2*2*7*4 + 2*16*4)},
		{"addition", sum, 2 * 16 * 4, 4 * 3 * 2 * 16 * 4},
		{"embedding", rows, 3 * 4, 4 * (3*4 + 3*4 + 3)},
	} {
		if f, b := p.FLOPs(c.v), p.Bytes(c.v); f != c.flops || b != c.bytes {
			t.Errorf("%s: %g FLOPs and %g bytes, want %g and %g", c.name, f, b, c.flops, c.bytes)
		}
	}
}
