package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/sampler"
)

// many makes an image for each row of the prompts file, into a folder with a
// table of those that were finished: metadata.csv, or metadata-I-of-N.csv for a
// part of the rows.
func (f *sampleFlags) many(ctx context.Context, r *reporter) error {
	rows, err := readPrompts(f.prompts)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return misuse{fmt.Errorf("%s has no rows", f.prompts)}
	}
	from, to := f.part.span(len(rows))
	dir := f.out
	if dir == "xray.png" { // the default of a single image
		dir = "xrays"
	}
	metadata := filepath.Join(dir, "metadata.csv")
	if !f.part.whole() {
		metadata = filepath.Join(dir, fmt.Sprintf("metadata-%d-of-%d.csv", f.part.index, f.part.of))
	}
	if err := f.makeFolder(dir, metadata); err != nil {
		return err
	}
	s, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	table, err := newTable(metadata)
	if err != nil {
		return err
	}
	r.start(s)
	if err = f.rows(ctx, s, r, rows[from:to], dir, table); err == nil {
		r.end(s)
	}
	if e, ok := errors.AsType[*sampler.RowError](err); ok {
		err = fmt.Errorf("row %d (%s): %w", from+e.Row+1, rows[from+e.Row].name, e.Err)
	}
	return errors.Join(err, table.finish())
}

// makeFolder makes the folder of the images. One that is there must be empty,
// or, as parts share it, have no table of this part.
func (f *sampleFlags) makeFolder(dir, metadata string) error {
	if !f.force {
		if list, err := os.ReadDir(dir); err == nil && len(list) > 0 && f.part.whole() {
			return misuse{fmt.Errorf("%s exists already and is not empty (use --force to overwrite its files, or another --out)", dir)}
		}
		if _, err := os.Lstat(metadata); err == nil {
			return misuse{fmt.Errorf("%s exists already (use --force to overwrite the files of this part, or another --out)", metadata)}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder %s: %w", dir, errors.Unwrap(err))
	}
	return writable(dir)
}

// rows makes an image a row, side by side as memory allows.
func (f *sampleFlags) rows(ctx context.Context, s *sampler.Sampler, r *reporter, rows []row, dir string, t *table) error {
	if len(rows) == 0 { // of this part
		return nil
	}
	q := f.request
	q.Seed, q.Count, q.Progress = 0, 0, r.progress
	for _, x := range rows {
		q.Rows = append(q.Rows, sampler.Row{Prompt: x.prompt, Negative: x.negative, Seed: x.seed})
	}
	if q.Batch == 0 {
		var err error
		if q.Batch, err = s.BatchFor(len(rows)); err != nil {
			return err
		}
	}
	k := 0
	for img, err := range s.Images(ctx, q) {
		if err != nil {
			return err
		}
		name := rows[k].name + ".png"
		path := filepath.Join(dir, name)
		if err := f.save(s, img, path, 0); err != nil {
			return err
		}
		unknown := s.UnknownWords(rows[k].prompt + "\n" + rows[k].negative)
		r.unknown(unknown)
		r.wrote(path, rows[k].seed)
		if err := t.add(name, img.Settings, unknown, s.ModelHash()); err != nil {
			return err
		}
		k++
	}
	return nil
}

// table is metadata.csv, written a row an image into a file that gets its name
// in the end.
type table struct {
	path string
	file *os.File
	csv  *csv.Writer
}

func newTable(path string) (*table, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, err
	}
	t := &table{path, file, csv.NewWriter(file)}
	// An error of a write is kept by the writer until it is flushed.
	t.csv.Write([]string{"file", "prompt", "negative", "seed", "sampler", "spacing", "steps", "guidance", "guidance_low", "guidance_high",
		"rescale", "eta", "unknown_words", "model_sha256"})
	return t, nil
}

func (t *table) add(file string, s sampler.Settings, unknown []string, modelHash string) error {
	return t.csv.Write([]string{file, s.Prompt, s.Negative, fmt.Sprint(s.Seed), s.Sampler, s.Spacing, fmt.Sprint(s.Steps), fmt.Sprint(s.Guidance),
		fmt.Sprint(s.GuidanceInterval.Low), fmt.Sprint(s.GuidanceInterval.High), fmt.Sprint(s.Rescale), fmt.Sprint(s.Eta),
		strings.Join(unknown, " "), modelHash})
}

func (t *table) finish() error {
	t.csv.Flush()
	err := errors.Join(t.csv.Error(), t.file.Chmod(0o644), t.file.Close())
	if err == nil {
		err = os.Rename(t.file.Name(), t.path)
	}
	if err != nil {
		os.Remove(t.file.Name())
	}
	return err
}
