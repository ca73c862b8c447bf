package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// Report is a radiology report in its sections.
type Report struct {
	File       string   // where it was read
	ID         string   // of the study: the digits of CXR1000
	Findings   string   // as it was written
	Impression string   // as it was written
	Labels     []string // major MeSH headings, where there are any
	Images     []string // names of its images, where the file tells them
}

// maxReport bounds the size of a report in XML, or of a table of reports.
const (
	maxReport = 1 << 20
	maxTable  = 256 << 20
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

// parseOpenI reads one report of the collection.
func parseOpenI(name string, data []byte) (Report, error) {
	var x openiXML
	if err := xml.Unmarshal(data, &x); err != nil {
		return Report{}, fmt.Errorf("damaged report: %w", err)
	}
	r := Report{File: name, ID: strings.TrimPrefix(strings.TrimSpace(x.UID.ID), "CXR"), Labels: x.Major}
	if r.ID == "" {
		return Report{}, errors.New("damaged report: it has no uId")
	}
	for _, a := range x.Abstract {
		switch strings.ToUpper(strings.TrimSpace(a.Label)) {
		case "FINDINGS":
			r.Findings = strings.TrimSpace(r.Findings + " " + a.Text)
		case "IMPRESSION":
			r.Impression = strings.TrimSpace(r.Impression + " " + a.Text)
		}
	}
	for _, i := range x.Images {
		r.Images = append(r.Images, i.ID)
	}
	return r, nil
}

// sectionHeads finds the sections of a report that is plain text.
var sectionHeads = regexp.MustCompile(`(?im)^\s*(findings?|impressions?|conclusions?|opinion|indication|history|clinical (?:history|information)|comparison|technique|exam(?:ination)?|procedure|recommendations?)\s*:`)

// parsePlain reads a report of plain text: what stands under FINDINGS and
// IMPRESSION, or all of it where there is no such head line.
func parsePlain(name, text string) Report {
	r := Report{File: name, ID: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
	heads := sectionHeads.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		body := strings.TrimSpace(text[h[1]:end])
		switch head := strings.ToLower(text[h[2]:h[3]]); {
		case strings.HasPrefix(head, "finding"):
			r.Findings = strings.TrimSpace(r.Findings + " " + body)
		case strings.HasPrefix(head, "impression"), strings.HasPrefix(head, "conclusion"), head == "opinion":
			r.Impression = strings.TrimSpace(r.Impression + " " + body)
		}
	}
	if len(heads) == 0 {
		r.Findings = text
	}
	return r
}

// parseTable reads the reports of a CSV with the columns uid (or id, or file),
// findings and impression, or one named report_text or text.
func parseTable(name string, data []byte, visit func(Report) error) error {
	t := csv.NewReader(bytes.NewReader(data))
	t.FieldsPerRecord = -1
	head, err := t.Read()
	if err != nil {
		return fmt.Errorf("%w: %s has no head line: %w", ErrManifest, name, err)
	}
	column := map[string]int{}
	for i, h := range head {
		column[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	find := func(names ...string) int {
		for _, n := range names {
			if i, ok := column[n]; ok {
				return i
			}
		}
		return -1
	}
	id, findings, impression := find("uid", "id", "file"), find("findings", "report_text", "text", "report"), find("impression")
	if findings < 0 && impression < 0 {
		return fmt.Errorf("%w: %s has no column named findings, impression, report_text or text", ErrManifest, name)
	}
	for n := 2; ; n++ {
		cells, err := t.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrManifest, name, err)
		}
		cell := func(i int) string {
			if i >= 0 && i < len(cells) {
				return cells[i]
			}
			return ""
		}
		r := Report{File: fmt.Sprintf("%s:%d", name, n), ID: cell(id), Findings: cell(findings), Impression: cell(impression)}
		if err := visit(r); err != nil {
			return err
		}
	}
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
				return visit(parsePlain(name, string(data)))
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
