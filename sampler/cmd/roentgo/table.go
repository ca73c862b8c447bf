package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler"
)

// tableHead is the first line of metadata.csv.
var tableHead = []string{"file", "prompt", "negative", "seed", "sampler", "spacing", "steps", "guidance", "guidance_low", "guidance_high",
	"rescale", "eta", "unknown_words", "model_sha256"}

// table is metadata.csv: at every moment it has a whole line for each image
// that is finished.
type table struct {
	path string
	file *os.File // nil: not begun
}

// csvLine is a line of the table, with its end.
func csvLine(fields []string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Write(fields) // into memory: it cannot fail
	w.Flush()
	return b.String()
}

// tableLine is the line of an image.
func tableLine(file string, s sampler.Settings, unknown []string, modelHash string) string {
	return csvLine([]string{file, s.Prompt, s.Negative, fmt.Sprint(s.Seed), s.Sampler, s.Spacing, fmt.Sprint(s.Steps), fmt.Sprint(s.Guidance),
		fmt.Sprint(s.GuidanceInterval.Low), fmt.Sprint(s.GuidanceInterval.High), fmt.Sprint(s.Rescale), fmt.Sprint(s.Eta),
		strings.Join(unknown, " "), modelHash})
}

// write makes the table one of those lines, in the place of an old one if that
// may be overwritten (else atomicfile.ErrExists).
func (t *table) write(lines func(yield func(string) bool), overwrite bool) error {
	if err := t.close(); err != nil {
		return err
	}
	return atomicfile.Write(t.path, overwrite, func(w io.Writer) error {
		_, err := io.WriteString(w, csvLine(tableHead))
		for text := range lines {
			if err == nil {
				_, err = io.WriteString(w, text)
			}
		}
		return err
	})
}

// add appends a line, in one piece.
func (t *table) add(text string) error {
	if t.file == nil {
		var err error
		if t.file, err = os.OpenFile(t.path, os.O_WRONLY|os.O_APPEND, 0); err != nil {
			return err
		}
	}
	_, err := t.file.WriteString(text)
	return err
}

// replaced reports whether another run has put a table in the place of this one,
// so that lines that were added since are lost.
func (t *table) replaced() bool {
	if t.file == nil {
		return false
	}
	own, err := t.file.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(t.path)
	return err != nil || !os.SameFile(own, there)
}

func (t *table) close() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// checkTable refuses a table of other images than those of a run, which would
// be lost. The last line may be cut, as a power cut leaves it.
func checkTable(path string, files map[string]bool) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	defer file.Close()
	other := func(what string) error {
		return misuse{fmt.Errorf("%s exists already and %s (use --force to overwrite it, or another --out)", path, what)}
	}
	head := make([]byte, len(csvLine(tableHead)))
	if n, err := io.ReadFull(file, head); err != nil && !bytes.HasPrefix([]byte(csvLine(tableHead)), head[:n]) || err == nil && string(head) != csvLine(tableHead) {
		return other("is no table of this program")
	}
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.ReuseRecord = -1, true
	for {
		record, err := r.Read()
		if err != nil { // its end, or a cut line
			return nil
		}
		if len(record) == len(tableHead) && !files[record[0]] {
			return other(fmt.Sprintf("lists %q, which is none of these images", record[0]))
		}
	}
}
