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

// describe writes the OpenAPI description of a server with those limits.
func describe(l Limits) ([]byte, error) {
	t, err := template.New("openapi").Parse(description)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, struct {
		Limits
		Seed int64
	}{l, maxSeed}); err != nil {
		return nil, err
	}
	if !json.Valid(b.Bytes()) {
		return nil, fmt.Errorf("serve: the description is not JSON: %s", b.Bytes())
	}
	return b.Bytes(), nil
}
