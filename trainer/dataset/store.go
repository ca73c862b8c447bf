package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// store writes the files of a prepared folder and counts what goes in.
type store struct {
	sum                     Summary
	dir                     string
	images, records         *os.File
	imagesHash, recordsHash hash.Hash
	enc                     *json.Encoder
	patients                map[string]bool
	words, reports          int
}

func newStore(dir string, sum Summary) (*store, error) {
	sum.Sources, sum.Skipped = map[string]int{}, []Skipped{}
	s := &store{sum: sum, dir: dir, imagesHash: sha256.New(), recordsHash: sha256.New(), patients: map[string]bool{}}
	var err error
	if s.images, err = os.Create(filepath.Join(dir, imagesFile)); err != nil {
		return nil, err
	}
	if s.records, err = os.Create(filepath.Join(dir, recordsFile)); err != nil {
		s.images.Close()
		return nil, err
	}
	s.enc = json.NewEncoder(io.MultiWriter(s.records, s.recordsHash))
	return s, nil
}

func (s *store) close() {
	s.images.Close()
	s.records.Close()
}

func (s *store) leaveOut(file, reason string) {
	s.sum.Skipped = append(s.sum.Skipped, Skipped{file, reason})
}

func (s *store) add(pixels []byte, r Record) error {
	s.imagesHash.Write(pixels)
	if _, err := s.images.Write(pixels); err != nil {
		return err
	}
	if err := s.enc.Encode(r); err != nil {
		return err
	}
	s.sum.Images++
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

// finish writes the summary and brings everything to the disk.
func (s *store) finish() error {
	s.sum.Patients = len(s.patients)
	s.sum.ImagesSHA256, s.sum.RecordsSHA256 = hex.EncodeToString(s.imagesHash.Sum(nil)), hex.EncodeToString(s.recordsHash.Sum(nil))
	data, err := json.MarshalIndent(s.sum, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(s.dir, summaryFile), append(data, '\n'), 0o644), s.images.Sync(), s.records.Sync())
}
