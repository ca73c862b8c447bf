package request_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/attacks"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/wasm/internal/request"
)

const good = `{"prompt":"effusion","negative":"normal","seed":"7","steps":4,"guidance":2.5,"rescale":0.7,"sampler":"ddim","spacing":"trailing",` +
	`"eta":0,"count":2,"truncate":true,"latents":true,"attention":true,"guidanceLow":100,"guidanceHigh":900}`

func TestParse(t *testing.T) {
	own, r, err := request.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	if !own.Attention || !own.Latents || r.Prompt != "effusion" || r.Negative != "normal" || r.Seed != 7 || r.Steps != 4 || r.Guidance != 2.5 ||
		*r.Rescale != 0.7 || *r.Eta != 0 || r.Count != 2 || !r.Truncate || r.GuidanceInterval.Low != 100 || r.GuidanceInterval.High != 900 {
		t.Errorf("%+v, %+v", own, r)
	}
	for text, says := range map[string]string{
		``: "EOF", `{"seed":"x"}`: "seed", `{"seed":"1","steps":0}`: "steps", `{"seed":"1","count":-1}`: "count", `{"seed":"1","guidance":0.5}`: "guidance",
		`{"seed":"1","guidanceLow":1}`: "guidanceHigh", `{"promt":""}`: "promt", `{"seed":18446744073709551616}`: "seed", `{"seed":"1"} {}`: "after",
	} {
		if _, _, err := request.Parse(text); !errors.Is(err, sampler.ErrRequest) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want ErrRequest with %q", text, err, says)
		}
	}
}

// FuzzParse reads any text: an error of requests, or numbers that the sampler
// checks.
func FuzzParse(f *testing.F) {
	f.Add(good)
	for _, text := range attacks.JSON([]byte(good)) {
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, r, err := request.Parse(text)
		if err != nil {
			if !errors.Is(err, sampler.ErrRequest) {
				t.Fatalf("error %v is no ErrRequest", err)
			}
			return
		}
		if r.Steps < 0 || r.Count < 0 || r.Guidance != 0 && r.Guidance < 1 {
			t.Fatalf("%+v", r)
		}
	})
}
