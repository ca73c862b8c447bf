// Package attacks makes hostile inputs of good ones, one fault each, for tests.
// What is signed is signed again by whoever writes the result, so that the rule
// for the fault meets it and not an outer hash.
package attacks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
)

// values are put in the place of each value of a JSON text.
var values = []string{
	"null", "true", "-1", "0", "1", "3", "4097", "2147483648", "9223372036854775807", "-9223372036854775808", "1e308", "1e-308", "0.5",
	`""`, `"\u001b[31m\nforged: line"`, "[]", "[0]", "[-1,-1,-1,-1]", "{}", `{"a":1}`,
}

// JSON yields good JSON with one fault: a value that is another, a field or
// entry that is missing, there twice, or not known. name says which.
func JSON(good []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		root, err := decode(good)
		if err != nil {
			panic(fmt.Sprintf("attacks: %v in what should be good", err))
		}
		w := &walker{root: root, yield: yield}
		w.walk("", root, func(v any) { w.root = v })
	}
}

// object is a JSON object in the order of its text, where names may repeat.
type object []field

type field struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(f.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s:%s", name, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// decode reads JSON into objects, lists of any, and json.RawMessage for the rest.
func decode(text []byte) (any, error) {
	text = bytes.TrimSpace(text)
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		d := json.NewDecoder(bytes.NewReader(text))
		o := object{}
		if _, err := d.Token(); err != nil {
			return nil, err
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				return nil, err
			}
			v, err := decode(raw)
			if err != nil {
				return nil, err
			}
			o = append(o, field{name.(string), v})
		}
		return o, nil
	case bytes.HasPrefix(text, []byte("[")):
		var raws []json.RawMessage
		if err := json.Unmarshal(text, &raws); err != nil {
			return nil, err
		}
		list := make([]any, len(raws))
		for i, raw := range raws {
			v, err := decode(raw)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	if !json.Valid(text) {
		return nil, fmt.Errorf("no JSON: %.40q", text)
	}
	return json.RawMessage(text), nil
}

// walker goes through a JSON value and yields the whole with one change.
type walker struct {
	root  any
	yield func(string, []byte) bool
	done  bool
}

// with yields the whole where a place has the value v, and puts old back.
func (w *walker) with(name string, set func(any), v, old any) {
	if w.done {
		return
	}
	set(v)
	text, err := json.Marshal(w.root)
	set(old)
	if err != nil {
		panic(fmt.Sprintf("attacks: %s: %v", name, err))
	}
	w.done = !w.yield(name, text)
}

func (w *walker) walk(path string, v any, set func(any)) {
	for _, other := range values {
		if raw, ok := v.(json.RawMessage); ok && string(raw) == other {
			continue
		}
		w.with(path+" = "+other, set, json.RawMessage(other), v)
	}
	switch v := v.(type) {
	case object:
		w.with(path+" with an unknown field", set, append(slices.Clone(v), field{"run", json.RawMessage(`"rm"`)}), v)
		for i, f := range v {
			at := path + "." + f.name
			w.with(at+" missing", set, slices.Delete(slices.Clone(v), i, i+1), v)
			w.with(at+" twice", set, append(slices.Clone(v), f), v)
			w.walk(at, f.value, func(x any) { v[i].value = x })
		}
	case []any:
		for i, x := range v {
			at := fmt.Sprintf("%s[%d]", path, i)
			w.with(at+" missing", set, slices.Delete(slices.Clone(v), i, i+1), v)
			w.with(at+" twice", set, slices.Insert(slices.Clone(v), i, x), v)
			w.walk(at, x, func(x any) { v[i] = x })
		}
		w.with(path+" of a thousand entries", set, slices.Repeat(append(v, json.RawMessage("1"))[:1], 1000), v)
	}
}
