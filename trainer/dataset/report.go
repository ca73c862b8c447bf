package dataset

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"github.com/roentgo/roentgo/internal/table"
)

// Report is a radiology report in its sections.
type Report struct {
	File       string   // where it was read
	ID         string   // of the study: the digits of CXR1000
	Findings   string   // as it was written
	Impression string   // as it was written
	Labels     []string // major MeSH headings, where there are any
	Images     []string // names of its images, where the file names them
}

// maxReport bounds the size of a report in XML, or of a table of reports.
const (
	maxReport = 1 << 20
	maxTable  = table.MaxBytes
)

// openiXML is what is taken of a report of the Open-i collection.
type openiXML struct {
	UID struct {
		ID string `xml:"id,attr"`
	} `xml:"uId"`
	Abstract []struct {
		Label string `xml:"Label,attr"`
		Text  string `xml:",chardata"`
	} `xml:"MedlineCitation>Article>Abstract>AbstractText"`
	Major  []string `xml:"MeSH>major"`
	Images []struct {
		ID string `xml:"id,attr"`
	} `xml:"parentImage"`
}

// declared finds the encoding that an XML file declares, where it is one of
// bytes.
var declared = regexp.MustCompile(`(?i)encoding=["'](?:iso-|latin|windows-|us-ascii|cp|koi8|gb|big5|shift|euc)`)

// add takes a section of a report, if it is one of those that prompts are made
// of.
func (r *Report) add(head, text string) {
	switch head = strings.ToLower(head); {
	case strings.HasPrefix(head, "finding"): // also "findings and impression"
		r.Findings = strings.TrimSpace(r.Findings + " " + strings.TrimSpace(text))
	case strings.HasPrefix(head, "impression"), strings.HasPrefix(head, "conclusion"), head == "opinion":
		r.Impression = strings.TrimSpace(r.Impression + " " + strings.TrimSpace(text))
	}
}

// parseOpenI reads one report of the collection.
func parseOpenI(name string, data []byte) (Report, error) {
	var x openiXML
	if !utf8.Valid(data) && !declared.Match(data[:min(len(data), 200)]) {
		data = []byte(table.Text(data))
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(label string, r io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return r, nil // it is decoded
		}
		return charset.NewReaderLabel(label, r)
	}
	if err := d.Decode(&x); err != nil {
		return Report{}, fmt.Errorf("damaged report: %w", err)
	}
	r := Report{File: name, ID: strings.TrimPrefix(strings.TrimSpace(x.UID.ID), "CXR"), Labels: x.Major}
	if r.ID == "" {
		return Report{}, errors.New("damaged report: it has no uId")
	}
	for _, a := range x.Abstract {
		r.add(strings.Trim(a.Label, " \t\r\n:"), a.Text)
	}
	for _, i := range x.Images {
		r.Images = append(r.Images, i.ID)
	}
	return r, nil
}

// sectionHeads finds the sections of a report that is plain text: heads with a
// colon, alone on a line, or in capitals before the text.
var sectionHeads = regexp.MustCompile(`(?m)^[ \t]*(?:(?i:(findings?(?:[ \t]*(?:and|&|/)[ \t]*impressions?)?|impressions?|conclusions?|opinion|indication|history|clinical (?:history|information)|comparison|technique|exam(?:ination)?|procedure|recommendations?))[ \t]*(?::|$)|` +
	`(FINDINGS?|IMPRESSION|CONCLUSION|OPINION|INDICATION|HISTORY|COMPARISON|TECHNIQUE|EXAM(?:INATION)?|PROCEDURE)[ \t]+)`)

// parsePlain reads a report of plain text: what stands under FINDINGS and
// IMPRESSION, or all of it where there is no such head line.
func parsePlain(name, text string) Report {
	r := Report{File: name, ID: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	heads := sectionHeads.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		group := 2
		if h[group] < 0 {
			group = 4
		}
		r.add(text[h[group]:h[group+1]], text[h[1]:end])
	}
	if len(heads) == 0 {
		r.Findings = text
	}
	return r
}

// parseTable reads the reports of a table with the columns uid (or id, or
// file), findings and impression, or one named report_text or text.
func parseTable(name string, data []byte, visit func(Report) error) error {
	t, err := table.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrManifest, name, err)
	}
	head, _, err := t.Read()
	if err != nil {
		return fmt.Errorf("%w: %s has no head line: %w", ErrManifest, name, err)
	}
	find, err := columnFinder(name, head)
	if err != nil {
		return err
	}
	id, findings, impression := find("uid", "id", "file"), find("findings", "reporttext", "text", "report"), find("impression")
	if findings < 0 && impression < 0 {
		return fmt.Errorf("%w: %s has no column named findings, impression, report_text or text", ErrManifest, name)
	}
	for {
		cells, line, err := t.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrManifest, name, err)
		}
		cell := func(i int) string {
			if i >= 0 && i < len(cells) && !isMissing(cells[i]) {
				return cells[i]
			}
			return ""
		}
		r := Report{File: fmt.Sprintf("%s:%d", name, line), ID: cell(id), Findings: cell(findings), Impression: cell(impression)}
		if err := visit(r); err != nil {
			return err
		}
	}
}

// columnFinder returns a function that finds the column of the first of some
// names, as [table.Key] makes them, or −1.
func columnFinder(path string, head []string) (func(keys ...string) int, error) {
	column := map[string]int{}
	for i, name := range head {
		key := table.Key(name)
		if j, twice := column[key]; twice && key != "" {
			return nil, fmt.Errorf("%w: %s: two columns are called %q and %q (rename or remove one)", ErrManifest, path, head[j], name)
		}
		column[key] = i
	}
	return func(keys ...string) int {
		for _, k := range keys {
			if i, ok := column[k]; ok {
				return i
			}
		}
		return -1
	}, nil
}

// ReadReports calls visit with every report in path: an XML file of the Open-i
// collection, a CSV (see [Prepare]), a .txt, or a folder or a tar archive of
// XML and .txt files. A report that cannot be read goes to setAside with the
// reason, and so does the rest of an archive that is damaged.
func ReadReports(ctx context.Context, path string, visit func(Report) error, setAside func(Skipped)) error {
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		return walk(ctx, path, maxTable, func(string) bool { return true },
			func(name string) { setAside(Skipped{name, fmt.Sprintf("a table of more than %d bytes", maxTable)}) },
			func(name string, data []byte) error { return parseTable(name, data, visit) })
	}
	err := walk(ctx, path, maxReport,
		func(name string) bool { return isReport(name) || name == path },
		func(name string) { setAside(Skipped{name, fmt.Sprintf("a report of more than %d bytes", maxReport)}) },
		func(name string, data []byte) error {
			if strings.EqualFold(filepath.Ext(name), ".txt") {
				return visit(parsePlain(name, table.Text(data)))
			}
			r, err := parseOpenI(name, data)
			if err != nil {
				setAside(Skipped{name, err.Error()})
				return nil
			}
			return visit(r)
		})
	if errors.Is(err, ErrArchive) {
		setAside(Skipped{path, err.Error()})
		return nil
	}
	return err
}

func isReport(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	// macOS leaves such files in archives, beside each true one.
	return (ext == ".xml" || ext == ".txt") && !strings.HasPrefix(filepath.Base(name), "._")
}
