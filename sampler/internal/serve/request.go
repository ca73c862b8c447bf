package serve

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/roentgo/roentgo/sampler"
)

// maxSeed bounds a request's seed, so that those of all its images are numbers
// that every reader of JSON keeps exactly.
const maxSeed = 1 << 52

// parse reads a request and checks it. A field that is unknown, null or out of
// bounds is refused. Errors wrap sampler.ErrRequest.
func (l Limits) parse(data []byte) (sampler.Request, error) {
	var fields map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&fields); err != nil {
		return sampler.Request{}, refuse("%w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return sampler.Request{}, refuse("there is text after the JSON object")
	}
	if fields == nil {
		return sampler.Request{}, refuse("the body must be a JSON object")
	}
	r := sampler.Request{Count: 1, Seed: drawSeed()}
	for _, name := range slices.Sorted(maps.Keys(fields)) { // so that the same body gets the same error
		if err := l.set(&r, name, fields[name]); err != nil {
			return r, err
		}
	}
	if _, ok := fields["prompt"]; !ok {
		return r, refuse("prompt is missing (an empty one gives an image of no particular finding)")
	}
	return r, nil
}

func refuse(format string, a ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{sampler.ErrRequest}, a...)...)
}

// set sets one field of a request.
func (l Limits) set(r *sampler.Request, name string, value json.RawMessage) (err error) {
	switch name {
	case "prompt":
		r.Prompt, err = l.text(name, value)
	case "negative":
		r.Negative, err = l.text(name, value)
	case "seed":
		var n float64
		n, err = whole(name, value, 0, maxSeed)
		r.Seed = uint64(n)
	case "steps":
		var n float64
		n, err = whole(name, value, 1, float64(l.Steps))
		r.Steps = int(n)
	case "count":
		var n float64
		n, err = whole(name, value, 1, float64(l.Count))
		r.Count = int(n)
	case "guidance":
		r.Guidance, err = number(name, value, 1, 100)
	case "truncate":
		var b *bool
		if json.Unmarshal(value, &b) != nil || b == nil {
			return refuse("truncate must be true or false")
		}
		r.Truncate = *b
	default:
		return refuse("there is no field %.64q", name)
	}
	return err
}

func (l Limits) text(name string, value json.RawMessage) (string, error) {
	var t *string
	if json.Unmarshal(value, &t) != nil || t == nil {
		return "", refuse("%s must be a string", name)
	}
	if len(*t) > l.Prompt {
		return "", refuse("%s has %d bytes of text, at most %d are allowed here", name, len(*t), l.Prompt)
	}
	return *t, nil
}

func number(name string, value json.RawMessage, least, most float64) (float64, error) {
	var n *float64
	if json.Unmarshal(value, &n) != nil || n == nil || *n < least || *n > most {
		return 0, refuse("%s must be a number from %g to %.0f", name, least, most)
	}
	return *n, nil
}

func whole(name string, value json.RawMessage, least, most float64) (float64, error) {
	n, err := number(name, value, least, most)
	if err == nil && n != math.Trunc(n) {
		err = refuse("%s must be a whole number from %g to %.0f", name, least, most)
	}
	return n, err
}

// drawSeed draws a seed below maxSeed.
func drawSeed() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:]) % maxSeed
}
