package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/sampler/decimal"
)

// row is one image of a prompts file.
type row struct {
	name, prompt, negative string
	seed                   uint64
}

// maxRows and maxPromptsFile bound a prompts file.
const (
	maxRows        = 1_000_000
	maxPromptsFile = 256 << 20
)

// readPrompts reads a CSV file with a head line.
func readPrompts(path string) ([]row, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r := csv.NewReader(io.LimitReader(file, maxPromptsFile))
	head, err := r.Read()
	if err != nil {
		return nil, misuse{fmt.Errorf("%s: no head line: %w", path, err)}
	}
	column := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if !slices.Contains([]string{"prompt", "seed", "negative", "name"}, name) {
			return nil, misuse{fmt.Errorf("%s: no column %q is known (there are prompt, seed, negative, name)", path, name)}
		}
		column[name] = i
	}
	if _, ok := column["prompt"]; !ok {
		return nil, misuse{fmt.Errorf("%s has no column prompt", path)}
	}
	var rows []row
	names := map[string]int{}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, misuse{fmt.Errorf("%s: %w", path, err)}
		}
		line, _ := r.FieldPos(0)
		get := func(name string) string {
			if i, ok := column[name]; ok {
				return record[i]
			}
			return ""
		}
		x := row{name: get("name"), prompt: get("prompt"), negative: get("negative"), seed: uint64(len(rows))}
		if text := get("seed"); text != "" {
			if x.seed, err = decimal.Uint64(text); err != nil {
				return nil, misuse{fmt.Errorf("%s, line %d: seed: %w (leave it empty for the row's number, from 0)", path, line, err)}
			}
		}
		if x.name == "" {
			x.name = fmt.Sprintf("%06d", len(rows)+1)
		}
		if x.name != filepath.Base(x.name) || strings.HasPrefix(x.name, ".") || strings.ContainsAny(x.name, `/\:`) {
			return nil, misuse{fmt.Errorf("%s, line %d: name %q cannot be that of a file", path, line, x.name)}
		}
		if other, twice := names[x.name]; twice {
			return nil, misuse{fmt.Errorf("%s, line %d: name %q is also that of line %d", path, line, x.name, other)}
		}
		names[x.name] = line
		if rows = append(rows, x); len(rows) > maxRows {
			return nil, misuse{fmt.Errorf("%s has more than %d rows", path, maxRows)}
		}
	}
}
