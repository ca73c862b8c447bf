package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/sampler"
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
			if x.seed, err = strconv.ParseUint(text, 10, 64); err != nil {
				return nil, misuse{fmt.Errorf("%s, line %d: seed %q is not a whole number from 0 to 2⁶⁴ − 1", path, line, text)}
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

// many makes an image for each row of the prompts file, into a folder with
// metadata.csv, which lists the images that were finished.
func (f *sampleFlags) many(ctx context.Context, r *reporter) error {
	rows, err := readPrompts(f.prompts)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return misuse{fmt.Errorf("%s has no rows", f.prompts)}
	}
	dir := f.out
	if dir == "xray.png" { // the default of a single image
		dir = "xrays"
	}
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 && !f.force {
		return misuse{fmt.Errorf("%s exists already and is not empty (use --force to overwrite its files, or another --out)", dir)}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder %s: %w", dir, errors.Unwrap(err))
	}
	if err := writable(dir); err != nil {
		return err
	}
	s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	r.start(s)
	f.request.Progress = r.progress
	table := [][]string{{"file", "prompt", "negative", "seed", "sampler", "spacing", "steps", "guidance", "rescale", "eta", "unknown_words", "model_sha256"}}
	for i, x := range rows {
		r.image, r.of = i+1, len(rows)
		q := f.request
		q.Prompt, q.Negative, q.Seed = x.prompt, x.negative, x.seed
		var result *sampler.Result
		if result, err = s.Sample(ctx, q); err != nil {
			err = fmt.Errorf("row %d (%s): %w", i+1, x.name, err)
			break
		}
		r.unknown(result.UnknownWords)
		path := filepath.Join(dir, x.name+".png")
		if err = f.save(s, &result.Images[0], path, 0); err != nil {
			break
		}
		r.wrote(path, x.seed)
		t := result.Images[0].Settings
		table = append(table, []string{x.name + ".png", x.prompt, x.negative, fmt.Sprint(x.seed), t.Sampler, t.Spacing, fmt.Sprint(t.Steps),
			fmt.Sprint(t.Guidance), fmt.Sprint(t.Rescale), fmt.Sprint(t.Eta), strings.Join(result.UnknownWords, " "), s.ModelHash()})
	}
	return errors.Join(err, writeCSV(filepath.Join(dir, "metadata.csv"), table))
}

// writeCSV writes a table, whole or not at all.
func writeCSV(path string, table [][]string) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if err := errors.Join(csv.NewWriter(file).WriteAll(table), file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
