package serve

import (
	"bytes"
	_ "embed" // openapi.json.tmpl
	"encoding/json"
	"fmt"
	"text/template"
)

//go:embed openapi.json.tmpl
var description string

// describe writes the OpenAPI description of a server with those limits, and with
// or without a token.
func describe(l Limits, token bool) ([]byte, error) {
	t, err := template.New("openapi").Parse(description)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, struct {
		Limits
		Seed, LastSeed, Body int64
		Token                bool
	}{l, maxSeed, maxSeed + int64(l.Count) - 1, l.body(), token}); err != nil {
		return nil, err
	}
	if !json.Valid(b.Bytes()) {
		return nil, fmt.Errorf("serve: the description is not JSON: %s", b.Bytes())
	}
	return b.Bytes(), nil
}
