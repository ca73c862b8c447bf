package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/decimal"
	tables "github.com/roentgo/roentgo/internal/table"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// row is one image of a prompts file.
type row struct {
	name, prompt, negative string
	seed                   uint64
}

// maxRows bounds a prompts file.
const maxRows = 1_000_000

// standardInput is the prompt, or the file of prompts, that comes from there.
const standardInput = "-"

// file is the name of the image's file.
func (r row) file() string { return r.name + ".png" }

// readPrompt reads a prompt that is not given as words.
func readPrompt(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, prompt.MaxBytes+1)) // more is refused with its own error
	return strings.TrimSpace(string(text)), err
}

// isPipe reports whether somebody may have meant r to be read.
func isPipe(r io.Reader) bool {
	f, ok := r.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&fs.ModeNamedPipe != 0
}

// promptsReader reads the rows of a prompts file.
type promptsReader struct {
	path   string
	table  *tables.Reader
	fields int // of a line
	column map[string]int
	names  map[string]int // to lines; of names that some file system takes for one, one
	rows   []row
}

// readPrompts reads a table with a head line.
func readPrompts(ctx context.Context, path string) ([]row, error) {
	file := os.Stdin
	if path != standardInput {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, err
		}
		defer file.Close()
	}
	if st, err := file.Stat(); err == nil && st.Mode().IsRegular() && st.Size() > tables.MaxBytes {
		return nil, misuse{fmt.Errorf("%s: %w", path, tables.ErrTooLarge)}
	}
	return parsePrompts(ctx, path, file)
}

// parsePrompts reads the table of a file.
func parsePrompts(ctx context.Context, path string, r io.Reader) ([]row, error) {
	p := &promptsReader{path: path, names: map[string]int{}}
	var err error
	if p.table, err = tables.NewReader(r); err != nil {
		if errors.Is(err, tables.ErrForm) {
			err = p.refuse(0, "%w", err)
		}
		return nil, err
	}
	for err = p.head(); err == nil; {
		if err = ctx.Err(); err == nil {
			err = p.next()
		}
	}
	if err == io.EOF {
		return p.rows, nil
	}
	return nil, err
}

// refuse is an error about the file, or about a line of it.
func (p *promptsReader) refuse(line int, format string, args ...any) error {
	where := p.path
	if line > 0 {
		where = fmt.Sprintf("%s, line %d", p.path, line)
	}
	return misuse{fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))}
}

// head reads the names of the columns.
func (p *promptsReader) head() error {
	head, _, err := p.table.Read()
	if err != nil {
		return p.refuse(0, "no head line: %w", err)
	}
	p.fields, p.column = len(head), map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue // an index that a program wrote
		}
		if !slices.Contains([]string{"prompt", "seed", "negative", "name"}, name) {
			return p.refuse(0, "no column %.80q is known (there are prompt, seed, negative, name)", name)
		}
		if _, twice := p.column[name]; twice {
			return p.refuse(0, "two columns are called %s", name)
		}
		p.column[name] = i
	}
	if _, ok := p.column["prompt"]; !ok {
		return p.refuse(0, "it has no column prompt")
	}
	return nil
}

// next reads a row; io.EOF after the last.
func (p *promptsReader) next() error {
	record, line, err := p.table.Read()
	switch {
	case err == io.EOF:
		return err
	case err != nil:
		return p.refuse(0, "%w", err)
	case len(record) != p.fields:
		return p.refuse(line, "fields: %d, in the head line: %d (a prompt with a separator in it needs quotes)", len(record), p.fields)
	}
	get := func(name string) string {
		if i, ok := p.column[name]; ok {
			return record[i]
		}
		return ""
	}
	x := row{name: get("name"), prompt: get("prompt"), negative: get("negative"), seed: uint64(len(p.rows))}
	if text := get("seed"); text != "" {
		if x.seed, err = decimal.Uint64(text); err != nil {
			return p.refuse(line, "seed: %w (leave it empty for the row's number, from 0)", err)
		}
	}
	if x.name == "" {
		x.name = fmt.Sprintf("%06d", len(p.rows)+1)
	}
	if err := checkName(x.name, ".png"); err != nil {
		return p.refuse(line, "name %.80q cannot be that of a file: %w", x.name, err)
	}
	same := sameName(x.name)
	if other, twice := p.names[same]; twice {
		return p.refuse(line, "name %q is also that of line %d, perhaps in another case", x.name, other)
	}
	p.names[same] = line
	if p.rows = append(p.rows, x); len(p.rows) > maxRows {
		return p.refuse(0, "it has more than %d rows; give them in several files", maxRows)
	}
	return nil
}
