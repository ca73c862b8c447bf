package dataset

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/table"
)

// row is what a manifest says of one image.
type row struct {
	Record
	licenceClass string
	dir          string // of the manifest
	where        string // the manifest and the line
	leftOut      string // why it cannot be used, or empty
	patientSaid  bool   // the table names the patient
}

// maxRows bounds what a manifest may hold.
const maxRows = 1 << 20

// maxColumns bounds the columns of a manifest.
const maxColumns = 4096

// The columns that are read, by the names that data sets give them: the first
// is ours, the others are of NIH ChestX-ray14, CheXpert, MIMIC-CXR, PadChest
// and VinDr-CXR.
var columnNames = map[string][]string{
	"file":       {"file", "filename", "path", "image", "image index", "image id", "image path", "image name", "file path", "img", "dicom", "dicom path"},
	"patient":    {"patient_id", "patient", "subject_id", "subject", "case id"},
	"view":       {"view", "view position", "projection"},
	"side":       {"frontal/lateral"},
	"direction":  {"ap/pa", "view position dicom"},
	"labels":     {"labels", "label", "finding labels", "diagnosis", "diagnoses", "pathology", "pathologies", "class", "disease"},
	"sex":        {"sex", "gender", "patient gender", "patient sex", "patient sex dicom"},
	"age":        {"age", "patient age", "age years"},
	"report":     {"report_text", "report", "text", "caption"},
	"findings":   {"findings", "finding"},
	"impression": {"impression", "impressions", "conclusion"},
	"source":     {"source", "dataset", "data set"},
	"licence":    {"licence", "license"},
	"class":      {"licence_class", "license_class"},
}

// ownColumns are the columns that data sets have beside those and that say
// nothing that captions could: no note is made of them.
var ownColumns = []string{"sourcerepo", "sourcefile", "patientknown", "origw", "origh", "sha256pixels256"}

var columnOf = func() map[string]string {
	byKey := map[string]string{}
	for column, names := range columnNames {
		for _, n := range names {
			byKey[table.Key(n)] = column
		}
	}
	return byKey
}()

// columns are where the columns of a manifest are.
type columns struct {
	at       map[string]int  // of columnNames
	findings map[int]meaning // columns that are named after a finding
	names    []string
}

// head learns the columns of a manifest from its head line. What is not known
// goes to unknown.
func (c *columns) head(path string, fields []string, unknown *unknowns) error {
	c.at, c.findings, c.names = map[string]int{}, map[int]meaning{}, fields
	if len(fields) > maxColumns {
		return fmt.Errorf("%w: %s has %d columns, at most %d are read", ErrManifest, path, len(fields), maxColumns)
	}
	first := map[string]string{}
	var strange []string
	for i, name := range fields {
		key := table.Key(name)
		if key == "" {
			continue // the index of a data frame, or an empty column of a spreadsheet
		}
		if before, twice := first[key]; twice {
			return fmt.Errorf("%w: %s: two columns are called %q and %q (rename or remove one)", ErrManifest, path, before, name)
		}
		first[key] = name
		if column, ok := columnOf[key]; ok {
			if j, twice := c.at[column]; twice {
				return fmt.Errorf("%w: %s: the columns %q and %q would both be %s (remove or rename one)", ErrManifest, path, fields[j], name, column)
			}
			c.at[column] = i
		} else if m, ok := understand(name); ok {
			c.findings[i] = m
		} else if !slices.Contains(ownColumns, key) {
			strange = append(strange, name)
		}
	}
	if _, ok := c.at["file"]; !ok {
		return fmt.Errorf("%w: %s has no column named file, but %.300q; one is needed with the paths of the images, from the folder of the table", ErrManifest, path, fields)
	}
	says := len(c.findings) > 0
	for _, column := range []string{"labels", "report", "findings", "impression"} {
		_, ok := c.at[column]
		says = says || ok
	}
	for _, name := range strange {
		unknown.head(name, path, !says)
	}
	return nil
}

// readManifest reads the rows of a table. The column file is needed; a missing
// patient_id makes each image its own patient.
func readManifest(path string, unknown *unknowns) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file (give a table of images, in CSV)", ErrManifest, path)
	}
	rows, err := readRows(f, path, unknown)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].dir = filepath.Dir(path)
	}
	return rows, nil
}

func readRows(f io.Reader, path string, unknown *unknowns) ([]row, error) {
	r, err := table.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrManifest, path, err)
	}
	head, _, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s has no head line: %w", ErrManifest, path, err)
	}
	var c columns
	if err := c.head(path, head, unknown); err != nil {
		return nil, err
	}
	var rows []row
	for {
		cells, line, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrManifest, path, err)
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue // spreadsheets leave such lines
		}
		if len(rows) == maxRows {
			return nil, fmt.Errorf("%w: %s has more than %d rows", ErrManifest, path, maxRows)
		}
		rows = append(rows, c.row(cells, fmt.Sprintf("%s, line %d", filepath.Base(path), line), unknown))
	}
}

// row reads the cells of a line.
func (c *columns) row(cells []string, where string, unknown *unknowns) row {
	get := func(column string) string {
		if i, ok := c.at[column]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	optional := func(column string) string {
		if v := get(column); !isMissing(v) {
			return v
		}
		return ""
	}
	r := row{where: where, licenceClass: get("class")}
	r.Record = Record{File: get("file"), Patient: optional("patient"), Source: get("source"), Licence: get("licence"), Report: optional("report")}
	r.sections = []string{r.Report, optional("findings"), optional("impression")}
	if r.patientSaid = r.Patient != ""; !r.patientSaid {
		r.Patient = patientOf(r.File)
	}
	for len(cells) > len(c.names) && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) != len(c.names):
		r.leftOut = fmt.Sprintf("malformed row: %s has %d fields, the head line %d (a text with a separator in it needs quotes)", where, len(cells), len(c.names))
		return r
	case r.File == "":
		r.leftOut = "no file named: " + where
		return r
	case !localFile(r.File):
		r.leftOut = fmt.Sprintf("file outside the folder: %q in %s (paths begin at the folder of the table)", r.File, where)
		return r
	}
	c.person(&r, get, unknown)
	c.view(&r, get, unknown)
	c.labels(&r, get("labels"), cells, unknown)
	return r
}

func (c *columns) person(r *row, get func(string) string, unknown *unknowns) {
	var ok bool
	if r.Sex, ok = sexOf(get("sex")); !ok {
		unknown.add("sex", get("sex"), r.where)
	}
	if r.Age, ok = ageOf(get("age")); !ok {
		unknown.add("age", get("age"), r.where)
		r.Age = 0
	}
}

// view joins what the columns of views say: CheXpert has the side in one and
// the direction in another.
func (c *columns) view(r *row, get func(string) string, unknown *unknowns) {
	for _, column := range []string{"view", "side", "direction"} {
		value := get(column)
		view, lateral, ok := viewOf(value)
		switch {
		case !ok:
			unknown.add("view", value, r.where)
		case lateral:
			r.leftOut = "not frontal: " + value
		case view != "" && r.View != "" && view != r.View:
			unknown.add("view", r.View+" and "+view, r.where)
		case view != "":
			r.View = view
		}
	}
}

// labels reads the findings of a row, of the cell of labels and of the columns
// that are named after findings.
func (c *columns) labels(r *row, cell string, cells []string, unknown *unknowns) {
	for _, name := range splitLabels(cell) {
		m, ok := understand(name)
		if !ok {
			unknown.add("label", name, r.where)
			m = meaning{other: &other{said: plainName(short(name))}}
		}
		r.take(m)
	}
	for i := range c.names { // in order, so that a record is the same each time
		m, ok := c.findings[i]
		if !ok {
			continue
		}
		switch v, ok := stated(cells[i]); {
		case !ok:
			unknown.add(c.names[i], cells[i], r.where)
		case v == 1:
			r.take(m)
		case v == -1:
			r.open(m)
		}
	}
	slices.Sort(r.Others)
	r.Others = slices.Compact(r.Others)
	normal := r.Has(NoFinding)
	switch {
	case normal && len(r.findingLabels()) > 0:
		r.leftOut = fmt.Sprintf("labels contradict each other: %s in %s", strings.Join(r.Labels, ", "), r.where)
	case normal && slices.ContainsFunc(r.Others, func(said string) bool { return !isDevice(said) }):
		r.leftOut = fmt.Sprintf("labels contradict each other: %s, %s in %s", NoFinding, strings.Join(r.Others, ", "), r.where)
	}
}

// take notes a finding that is there.
func (r *Record) take(m meaning) {
	switch {
	case m.other != nil:
		r.Others = append(r.Others, m.other.said)
	case m.label != "" && !r.Has(m.label):
		r.Labels = append(r.Labels, m.label)
	}
}

// open notes a finding that may be there or not.
func (r *Record) open(m meaning) {
	labels := []string{m.label}
	if m.other != nil {
		labels = nil
		for _, t := range m.other.open {
			labels = append(labels, t.Name())
		}
	}
	for _, l := range labels {
		if l != "" && !slices.Contains(r.Open, l) {
			r.Open = append(r.Open, l)
		}
	}
}

// findingLabels are the labels but that of a normal image.
func (r Record) findingLabels() (list []string) {
	for _, l := range r.Labels {
		if l != NoFinding {
			list = append(list, l)
		}
	}
	return list
}
