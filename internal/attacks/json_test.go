package attacks

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestJSON(t *testing.T) {
	const good = `{"a":{"b":[1,2]},"c":"x"}`
	var all []string
	for name, text := range JSON([]byte(good)) {
		if !json.Valid(text) {
			t.Errorf("%s: %s", name, text)
		}
		if string(text) == good {
			t.Errorf("%s changes nothing", name)
		}
		all = append(all, string(text))
	}
	for _, want := range []string{
		`null`, `{"a":{"b":[1,2]}}`, `{"c":"x"}`, `{"a":{"b":[1,2]},"c":"x","c":"x"}`, `{"a":{"b":[2]},"c":"x"}`, `{"a":{"b":[1,1,2]},"c":"x"}`,
		`{"a":{"b":[1,-1]},"c":"x"}`, `{"a":{},"c":"x"}`, `{"a":{"b":[1,2],"run":"rm"},"c":"x"}`, `{"a":{"b":[]},"c":"x"}`, `{"a":{"b":[1,2]},"c":null}`,
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%s is not among them", want)
		}
	}
	n := 0
	for range JSON([]byte(good)) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("it goes on for %d after a break", n)
	}
}
