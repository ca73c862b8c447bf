// Package request reads the requests that a page sends to the worker.
package request

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/roentgo/roentgo/internal/decimal"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/sampler/schedule"
)

// Request is a SampleRequest of roentgo.d.ts as the page sends it.
type Request struct {
	Prompt    string   `json:"prompt"`
	Negative  string   `json:"negative"`
	Seed      string   `json:"seed"`
	Steps     *int     `json:"steps"`
	Guidance  *float64 `json:"guidance"`
	Rescale   *float64 `json:"rescale"`
	Sampler   string   `json:"sampler"`
	Spacing   string   `json:"spacing"`
	Eta       *float64 `json:"eta"`
	Count     *int     `json:"count"`
	Truncate  bool     `json:"truncate"`
	Latents   bool     `json:"latents"`
	Attention bool     `json:"attention"`
	// The timesteps that are guided; both 0: all.
	GuidanceLow  *int `json:"guidanceLow"`
	GuidanceHigh *int `json:"guidanceHigh"`
}

// Parse reads a request, and what it asks of the sampler. A field of another
// name or kind is refused: a misspelt setting would be left at its default
// unseen. Errors wrap sampler.ErrRequest.
func Parse(text string) (*Request, *sampler.Request, error) {
	var r Request
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", sampler.ErrRequest, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("%w: text after the JSON", sampler.ErrRequest)
	}
	s := &sampler.Request{Prompt: r.Prompt, Negative: r.Negative, Rescale: r.Rescale, Eta: r.Eta,
		Sampler: r.Sampler, Spacing: r.Spacing, Truncate: r.Truncate}
	var err error
	if s.Seed, err = decimal.Uint64(r.Seed); err != nil {
		return nil, nil, fmt.Errorf("%w: the seed: %w (leave it out for any seed)", sampler.ErrRequest, err)
	}
	for name, v := range map[string]struct {
		from *int
		to   *int
	}{"steps": {r.Steps, &s.Steps}, "count": {r.Count, &s.Count}} {
		if v.from == nil {
			continue
		}
		if *v.to = *v.from; *v.to < 1 { // 0 would be taken for an open one
			return nil, nil, fmt.Errorf("%w: %s is %d, at least 1 is needed", sampler.ErrRequest, name, *v.to)
		}
	}
	if r.Guidance != nil {
		if s.Guidance = *r.Guidance; s.Guidance < 1 {
			return nil, nil, fmt.Errorf("%w: guidance is %g, at least 1 is needed", sampler.ErrRequest, s.Guidance)
		}
	}
	if (r.GuidanceLow == nil) != (r.GuidanceHigh == nil) {
		return nil, nil, fmt.Errorf("%w: guidanceLow and guidanceHigh go together", sampler.ErrRequest)
	}
	if r.GuidanceLow != nil {
		s.GuidanceInterval = &schedule.Interval{Low: *r.GuidanceLow, High: *r.GuidanceHigh}
	}
	return &r, s, nil
}
