package shaders

import "testing"

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"a\n//for i 2\nb$i\n//end\nc\n":                          "a\nb0\nb1\nc\n",
		"//for i N\n  //for k 2\n  x$i_$k\n  //end\n//end\n$N\n": "  x0_0\n  x0_1\n  x1_0\n  x1_1\n  x2_0\n  x2_1\n3\n",
		"no loops": "no loops",
	} {
		if got, err := expand(text, map[string]int{"N": 3}); err != nil || got != want {
			t.Errorf("%q: got %q, error %v", text, got, err)
		}
	}
	for _, text := range []string{"//for i 2\n", "//end\n", "//for i M\n//end\n"} {
		if got, err := expand(text, nil); err == nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
