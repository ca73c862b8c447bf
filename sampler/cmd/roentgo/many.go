package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
)

// parent is the folder that a path lies in.
func parent(path string) string { return filepath.Dir(filepath.Clean(path)) }

// many makes an image for each row of the prompts file, into a folder with a
// table of those that were finished: metadata.csv, or metadata-I-of-N.csv for a
// part of the rows.
func (f *sampleFlags) many(ctx context.Context, r *reporter) error {
	rows, err := within(ctx, func() ([]row, error) { return readPrompts(ctx, f.prompts) })
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return misuse{fmt.Errorf("%s has no rows", f.prompts)}
	}
	dir := f.out
	if dir == defaultOut {
		dir = "xrays"
	}
	from, to := f.part.span(len(rows))
	b := &batch{sampleFlags: f, reporter: r, table: table{path: filepath.Join(dir, "metadata.csv")}, from: from, rows: rows[from:to]}
	if !f.part.whole() {
		b.table.path = filepath.Join(dir, fmt.Sprintf("metadata-%d-of-%d.csv", f.part.index, f.part.of))
	}
	undo, err := folders(dir)
	if err != nil {
		return err
	}
	defer undo() // of a run that made nothing
	if err := writable(dir); err != nil {
		return err
	}
	b.files = map[string]bool{}
	for _, x := range b.rows {
		b.images = append(b.images, planned{path: filepath.Join(dir, x.file()), row: sampler.Row{Prompt: x.prompt, Negative: x.negative, Seed: x.seed}})
		b.files[x.file()] = true
	}
	if f.force {
		err = checkOutput(b.table.path, true)
	} else {
		err = checkTable(b.table.path, b.files)
	}
	if err != nil {
		return err
	}
	if len(b.rows) == 0 { // of this part
		return b.table.write(b.lines(nil), true)
	}
	if b.sampler, err = f.open(ctx); err != nil {
		return err
	}
	defer b.sampler.Close()
	return errors.Join(b.run(ctx), b.table.close())
}

// batch is the images of a prompts file that this run is for.
type batch struct {
	*sampleFlags
	reporter *reporter
	sampler  *sampler.Sampler
	from     int // of all rows, the first
	rows     []row
	images   []planned // a row each
	common   sampler.Settings
	files    map[string]bool // of the rows
	table    table
	begun    bool // the table
	shared   bool // the table, with another run of the same images
}

// run makes the images that are missing.
func (b *batch) run(ctx context.Context) (err error) {
	if b.common, err = b.sampler.Settings(b.request); err != nil {
		return err
	}
	todo, err := b.missing(ctx, b.sampler, b.common, b.images)
	if err != nil {
		return err
	}
	b.reporter.start(b.sampler)
	there := map[int]bool{}
	if len(todo) < len(b.images) {
		for i := range b.images {
			there[i] = true
		}
		for _, i := range todo {
			delete(there, i)
		}
		b.reporter.goesOn(len(there), len(b.images))
		if err := b.begin(there); err != nil {
			return err
		}
	}
	if err := b.make(ctx, todo); err != nil {
		return err
	}
	err = b.settle(len(there) > 0 && len(todo) > 0)
	b.reporter.end(b.sampler)
	return err
}

// begin writes the table of the images that are there.
func (b *batch) begin(there map[int]bool) error {
	b.begun = true
	return b.table.write(b.lines(there), true)
}

// add adds the line of an image to the table, which its first image begins. A
// table that has appeared since the run began is another run's: it is added to
// if it is of these images, and is kept. As it has a line at least, it says
// whose it is.
func (b *batch) add(i int) error {
	if b.begun {
		return b.table.add(b.line(i))
	}
	b.begun = true
	err := b.table.write(b.lines(map[int]bool{i: true}), b.force)
	if !errors.Is(err, atomicfile.ErrExists) {
		return err
	}
	if err := checkTable(b.table.path, b.files); err != nil {
		return err
	}
	b.shared = true
	return b.table.add(b.line(i))
}

// settle writes the whole table again where its lines are not in the rows'
// order, are there twice, or were lost to another run's table of these images.
func (b *batch) settle(resumed bool) error {
	if !resumed && !b.shared && !b.table.replaced() {
		return nil
	}
	if !b.force {
		if err := checkTable(b.table.path, b.files); err != nil {
			return err
		}
	}
	return b.table.write(b.lines(nil), true)
}

// lines yields those of the table, in the rows' order: of some, or, if nil, of
// all.
func (b *batch) lines(some map[int]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range b.rows {
			if (some == nil || some[i]) && !yield(b.line(i)) {
				return
			}
		}
	}
}

func (b *batch) line(i int) string {
	settings := b.common
	settings.Prompt, settings.Negative, settings.Seed = b.rows[i].prompt, b.rows[i].negative, b.rows[i].seed
	return tableLine(b.rows[i].file(), settings, b.unknown(i), b.sampler.ModelHash())
}

// unknown lists the words of a row that the model does not know.
func (b *batch) unknown(i int) []string {
	return b.sampler.UnknownWords(b.rows[i].prompt + "\n" + b.rows[i].negative)
}

// make makes some of the images, side by side as memory allows.
func (b *batch) make(ctx context.Context, todo []int) error {
	if len(todo) == 0 {
		return nil
	}
	q := b.request
	q.Seed, q.Count, q.Progress = 0, 0, b.reporter.progress
	for _, i := range todo {
		q.Rows = append(q.Rows, b.images[i].row)
	}
	if q.Batch == 0 {
		var err error
		if q.Batch, err = b.sampler.BatchFor(len(todo)); err != nil {
			return err
		}
	}
	k := 0
	for img, err := range b.sampler.Images(ctx, q) {
		if e, ok := errors.AsType[*sampler.RowError](err); ok {
			i := todo[e.Row]
			return fmt.Errorf("row %d (%s): %w", b.from+i+1, b.rows[i].name, e.Err)
		} else if err != nil {
			return err
		}
		i := todo[k]
		k++
		if _, err := b.save(b.sampler, img, b.images[i], false); err != nil {
			return err
		}
		b.reporter.unknown(b.unknown(i))
		b.reporter.wrote(b.images[i].path, b.rows[i].seed)
		if err := b.add(i); err != nil {
			return err
		}
	}
	return nil
}

// within runs f, which may wait for a pipe that nobody writes, until the
// context ends.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
