package dataset

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// store writes the files of a prepared folder and counts what goes in.
type store struct {
	sum                     Summary
	dir                     string
	images, records         *os.File
	imagesHash, recordsHash hash.Hash
	patients                map[string]bool
	words, reports          int
	files                   []string // of the images, in order
	lines                   []pageLine
}

func newStore(dir string, sum Summary) (*store, error) {
	sum.Sources, sum.Reasons, sum.Skipped = map[string]int{}, map[string]int{}, []Skipped{}
	s := &store{sum: sum, dir: dir, imagesHash: sha256.New(), recordsHash: sha256.New(), patients: map[string]bool{}}
	var err error
	if s.images, err = os.Create(filepath.Join(dir, imagesFile)); err != nil {
		return nil, err
	}
	if s.records, err = os.Create(filepath.Join(dir, recordsFile)); err != nil {
		s.images.Close()
		return nil, err
	}
	return s, nil
}

func (s *store) close() {
	s.images.Close()
	s.records.Close()
}

func (s *store) leaveOut(file, reason string) {
	kind, _, _ := strings.Cut(reason, ": ")
	s.sum.Reasons[kind]++
	s.sum.Skipped = append(s.sum.Skipped, Skipped{file, reason})
}

// because counts why files were left out, with an example of each reason.
func (s Summary) because() string {
	example := map[string]string{}
	for _, x := range s.Skipped {
		if kind, _, _ := strings.Cut(x.Reason, ": "); example[kind] == "" {
			example[kind] = fmt.Sprintf("%d %s (such as %q: %s)", s.Reasons[kind], kind, short(x.File), strings.TrimPrefix(x.Reason, kind+": "))
		}
	}
	kinds := slices.SortedFunc(maps.Keys(example), func(a, b string) int { return cmp.Or(s.Reasons[b]-s.Reasons[a], strings.Compare(a, b)) })
	text := ""
	for i, kind := range kinds {
		text += []string{": ", ", "}[min(i, 1)] + example[kind]
	}
	return text
}

// maxRecord bounds a record, in bytes, when it is written and when it is read.
const maxRecord = 1 << 20

// add writes an image and its record. A record that is too long to be read
// again is left out.
func (s *store) add(pixels []byte, r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(line) >= maxRecord {
		s.leaveOut(r.File, fmt.Sprintf("report too long: its record would have %d bytes, at most %d are kept", len(line), maxRecord))
		return nil
	}
	s.imagesHash.Write(pixels)
	if _, err := s.images.Write(pixels); err != nil {
		return err
	}
	if _, err := io.MultiWriter(s.records, s.recordsHash).Write(append(line, '\n')); err != nil {
		return err
	}
	s.sum.Images++
	s.files = append(s.files, r.File)
	if len(s.lines) < pageFiles {
		s.lines = append(s.lines, used(r))
	}
	s.sum.Sources[r.Source]++
	s.patients[r.Patient] = true
	if r.Split == Train {
		s.sum.Train++
	} else {
		s.sum.Test++
	}
	if r.Inverted {
		s.sum.Inverted++
	}
	if r.Orientation > 1 {
		s.sum.Turned++
	}
	if len(r.Window) > 0 {
		s.sum.Windowed++
		s.sum.WindowRule = windowRule
	}
	if r.Hidden > 0 {
		s.sum.Padded++
	}
	if r.Coloured {
		s.sum.Coloured++
	}
	if r.Photometric != "" {
		s.sum.DICOM++
	}
	if r.OwnWindow {
		s.sum.OwnWindow++
	}
	if !Speaks(r) && len(r.Others) == 0 && r.Report == "" {
		s.sum.Unsaid++
	}
	if n := len(strings.Fields(r.Report)); n > 0 {
		if s.sum.Words == nil {
			s.sum.Words = &Words{Min: n}
		}
		s.words += n
		s.reports++
		s.sum.Words.Min, s.sum.Words.Max = min(s.sum.Words.Min, n), max(s.sum.Words.Max, n)
		s.sum.Words.Mean = float64(s.words) / float64(s.reports)
	}
	return nil
}

// finish writes the contact sheet, the page and the summary and brings everything
// to the disk.
func (s *store) finish() error {
	s.sum.Patients = len(s.patients)
	if err := s.sum.checkParts(); err != nil {
		return err
	}
	if err := s.sheet(); err != nil {
		return err
	}
	if err := s.page(); err != nil {
		return err
	}
	s.sum.ImagesSHA256, s.sum.RecordsSHA256 = hex.EncodeToString(s.imagesHash.Sum(nil)), hex.EncodeToString(s.recordsHash.Sum(nil))
	data, err := json.MarshalIndent(s.sum, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(s.dir, summaryFile), append(data, '\n'), 0o666), s.images.Sync(), s.records.Sync())
}
