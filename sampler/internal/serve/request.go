package serve

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/roentgo/roentgo/sampler"
)

// maxSeed bounds a request's seed, so that those of all its images are numbers
// that every reader of JSON keeps exactly.
const maxSeed = 1 << 52

// parse reads a request and checks it. A field that is unknown, there twice,
// null or out of bounds is a refusal.
func (l Limits) parse(data []byte) (sampler.Request, error) {
	fields, err := object(data)
	if err != nil {
		return sampler.Request{}, err
	}
	r := sampler.Request{Count: 1, Seed: drawSeed()}
	for _, name := range slices.Sorted(maps.Keys(fields)) { // so that the same body gets the same error
		if err := l.set(&r, name, fields[name]); err != nil {
			return r, err
		}
	}
	if _, ok := fields["prompt"]; !ok {
		return r, wrong("prompt", "prompt is missing (an empty one gives an image of no particular finding)")
	}
	return r, nil
}

// object reads the fields of a JSON object, each of which must be there once.
func object(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, refuse(http.StatusBadRequest, "the body is not UTF-8 text")
	}
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && first[0] != '{' {
		return nil, refuse(http.StatusBadRequest, "the body must be a JSON object")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, refuse(http.StatusBadRequest, "the body is not JSON: %v", err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	seen := map[string]bool{}
	for _, err := d.Token(); err == nil && d.More(); {
		var value json.RawMessage
		name, _ := d.Token() // what follows was read before, so there is no error
		if err = d.Decode(&value); seen[name.(string)] {
			return nil, wrong(name.(string), "the field %.64q is there twice", name)
		}
		seen[name.(string)] = true
	}
	return fields, nil
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
			return wrong(name, "truncate must be true or false")
		}
		r.Truncate = *b
	default:
		return wrong(name, "there is no field %.64q", name)
	}
	return err
}

func (l Limits) text(name string, value json.RawMessage) (string, error) {
	var t *string
	if json.Unmarshal(value, &t) != nil || t == nil {
		return "", wrong(name, "%s must be a string", name)
	}
	// The decoder puts this character in the place of an escape that is none.
	if strings.ContainsRune(*t, utf8.RuneError) && !bytes.ContainsRune(value, utf8.RuneError) && !bytes.Contains(bytes.ToLower(value), []byte(`\ufffd`)) {
		return "", wrong(name, "%s has half of a surrogate pair", name)
	}
	if n := utf8.RuneCountInString(*t); n > l.Prompt {
		return "", wrong(name, "%s has %d characters, at most %d are allowed here", name, n, l.Prompt)
	}
	return *t, nil
}

func number(name string, value json.RawMessage, least, most float64) (float64, error) {
	var n *float64
	if json.Unmarshal(value, &n) != nil || n == nil || *n < least || *n > most {
		return 0, wrong(name, "%s must be a number from %g to %.0f", name, least, most)
	}
	return *n, nil
}

func whole(name string, value json.RawMessage, least, most float64) (float64, error) {
	n, err := number(name, value, least, most)
	if err == nil && n != math.Trunc(n) {
		err = wrong(name, "%s must be a whole number from %g to %.0f", name, least, most)
	}
	return n, err
}

// drawSeed draws a seed below maxSeed.
func drawSeed() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.LittleEndian.Uint64(b[:]) % maxSeed
}
