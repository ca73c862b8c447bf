// Package dataset turns images with labels or reports into what training
// reads: one folder of grey images of one size, with a record each, split by
// patient, and the captions and vocabulary that go with them.
package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/internal/noise"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// The files of a prepared folder.
const (
	imagesFile  = "images.u8"     // N × size × size grey bytes, row-major; byte v is the value v/127.5 − 1
	recordsFile = "records.jsonl" // a Record a line, in the order of the images
	summaryFile = "prepare.json"  // a Summary
)

// The two parts of a split.
const (
	Train = "train"
	Test  = "test"
)

// Record says what is known of one image.
type Record struct {
	File    string   `json:"file"`
	Patient string   `json:"patient"`
	Split   string   `json:"split"` // Train or Test; all images of a patient are in one
	Source  string   `json:"source"`
	Licence string   `json:"licence"`
	View    string   `json:"view,omitempty"` // PA, AP or nothing
	Labels  []string `json:"labels,omitempty"`
	Sex     string   `json:"sex,omitempty"`    // F, M or nothing
	Age     int      `json:"age,omitempty"`    // years; 0: not known
	Report  string   `json:"report,omitempty"` // as prompt.Report wrote it
	// Inverted says that the file was a negative, which was turned back.
	Inverted bool `json:"inverted,omitempty"`
}

// Has reports whether the record bears the label.
func (r Record) Has(label string) bool {
	for _, l := range r.Labels {
		if l == label {
			return true
		}
	}
	return false
}

// Options of [Prepare]. The zero value of a field means its default.
type Options struct {
	// Manifests are CSV files whose column `file` is relative to the CSV's own
	// folder. The split is by patient over all of them.
	Manifests    []string
	Out          string  // the folder to make; it must not exist
	LicenceClass string  // keep only rows whose licence_class is this; default: all
	Size         int     // pixels a side; default 256
	Fit          Fit     // default FitSquash
	Seed         uint64  // of the split
	TestFraction float64 // of the patients; default 0.1
	Progress     func(done, total int)
}

// Skipped is a row that was left out, and why.
type Skipped struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// Summary says how a prepared folder was made and what it holds.
type Summary struct {
	Size          int            `json:"size"`
	Fit           Fit            `json:"fit"`
	LicenceClass  string         `json:"licence_class,omitempty"`
	Seed          uint64         `json:"seed,string"`
	TestFraction  float64        `json:"test_fraction"`
	Rows          int            `json:"rows"`
	Images        int            `json:"images"`
	Train         int            `json:"train"`
	Test          int            `json:"test"`
	Patients      int            `json:"patients"`
	Inverted      int            `json:"inverted"` // negatives that were turned back
	Sources       map[string]int `json:"sources"`
	Words         *Words         `json:"report_words,omitempty"`
	Stages        []Stage        `json:"stages,omitempty"`
	Skipped       []Skipped      `json:"skipped"`
	ImagesSHA256  string         `json:"images_sha256"`
	RecordsSHA256 string         `json:"records_sha256"`
}

// Words are the lengths of the reports of a prepared folder, in words.
type Words struct {
	Mean float64 `json:"mean"`
	Min  int     `json:"min"`
	Max  int     `json:"max"`
}

// Stage is a count on the way from files to prepared images, beside that of
// the study where it gives one.
type Stage struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
	Study int    `json:"study,omitempty"`
}

var (
	// ErrManifest is wrapped by errors of a manifest that cannot be read.
	ErrManifest = errors.New("dataset: manifest refused")
	// ErrOptions is wrapped by errors of options that make no sense.
	ErrOptions = errors.New("dataset: options refused")
	// ErrPrepared is wrapped by errors of a prepared folder that is damaged.
	ErrPrepared = errors.New("dataset: prepared folder refused")
)

// Prepare reads manifests and their images and writes the prepared folder. It
// is built beside its place and renamed when it is complete. An image that
// cannot be used is set aside in Summary.Skipped.
func Prepare(ctx context.Context, o Options) (Summary, error) {
	if o.Size == 0 {
		o.Size = 256
	}
	if o.Fit == "" {
		o.Fit = FitSquash
	}
	if o.TestFraction == 0 {
		o.TestFraction = 0.1
	}
	if err := o.validate(); err != nil {
		return Summary{}, err
	}
	if len(o.Manifests) == 0 {
		return Summary{}, fmt.Errorf("%w: no manifest to read", ErrOptions)
	}
	if _, err := os.Stat(o.Out); err == nil {
		return Summary{}, fmt.Errorf("%w: %s exists already; remove it or choose another folder", ErrOptions, o.Out)
	}
	var rows []row
	for _, path := range o.Manifests {
		more, err := readManifest(path)
		if err != nil {
			return Summary{}, err
		}
		rows = append(rows, more...)
	}
	return inPlace(o.Out, func(dir string) (Summary, error) { return o.write(ctx, dir, rows) })
}

// inPlace has write fill a folder beside out, and renames it when it is whole.
func inPlace(out string, write func(dir string) (Summary, error)) (Summary, error) {
	parent := filepath.Dir(filepath.Clean(out))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return Summary{}, err
	}
	work, err := os.MkdirTemp(parent, ".prepare-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(work)
	sum, err := write(work)
	if err != nil {
		return Summary{}, err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return Summary{}, err
	}
	return sum, os.Rename(work, out)
}

func (o Options) validate() error {
	switch {
	case o.Size < 8 || o.Size > 2048 || o.Size%8 != 0:
		return fmt.Errorf("%w: size %d is not a multiple of 8 from 8 to 2048", ErrOptions, o.Size)
	case o.Fit != FitSquash && o.Fit != FitCrop:
		return fmt.Errorf("%w: fit %q is neither %s nor %s", ErrOptions, o.Fit, FitSquash, FitCrop)
	case !(o.TestFraction > 0 && o.TestFraction < 1):
		return fmt.Errorf("%w: a test fraction of %g is not between 0 and 1", ErrOptions, o.TestFraction)
	case o.Out == "":
		return fmt.Errorf("%w: no folder to write to", ErrOptions)
	}
	return nil
}

// write makes the three files in the folder dir.
func (o Options) write(ctx context.Context, dir string, rows []row) (Summary, error) {
	out, err := newStore(dir, Summary{Size: o.Size, Fit: o.Fit, LicenceClass: o.LicenceClass, Seed: o.Seed, TestFraction: o.TestFraction, Rows: len(rows)})
	if err != nil {
		return Summary{}, err
	}
	defer out.close()
	for i, r := range rows {
		if err := ctx.Err(); err != nil {
			return out.sum, err
		}
		if o.Progress != nil {
			o.Progress(i, len(rows))
		}
		if o.LicenceClass != "" && r.licenceClass != o.LicenceClass {
			out.leaveOut(r.File, "licence class "+r.licenceClass)
			continue
		}
		data, err := readFile(filepath.Join(r.dir, filepath.FromSlash(r.File)), maxImageFile)
		if err != nil {
			out.leaveOut(r.File, err.Error())
			continue
		}
		pixels, inverted, err := usable(data, o.Size, o.Fit)
		if err != nil {
			out.leaveOut(r.File, err.Error())
			continue
		}
		r.Inverted = inverted
		r.Report, _ = prompt.Report(r.Report)
		r.Split = Train
		if splitDraw(o.Seed, r.Patient) < o.TestFraction {
			r.Split = Test
		}
		if err := out.add(pixels, r.Record); err != nil {
			return out.sum, err
		}
	}
	if out.sum.Images == 0 {
		return out.sum, fmt.Errorf("%w: none of its %d rows gave an image", ErrManifest, len(rows))
	}
	return out.sum, out.finish()
}

// usable decodes an image and holds it to the rules of quality; a negative is
// turned back.
func usable(data []byte, size int, fit Fit) (pixels []byte, inverted bool, err error) {
	pixels, w, h, err := decodeGray(data, size, fit)
	if err != nil {
		return nil, false, err
	}
	reason, inverted := quality(pixels, size, w, h)
	if reason != "" {
		return nil, false, errors.New(reason)
	}
	if inverted {
		invert(pixels)
	}
	return pixels, inverted, nil
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("a file of more than %d bytes", limit)
	}
	return data, err
}

// splitDraw is a number in [0, 1) that depends on the seed and the patient
// alone, so that a patient stays where it is when others come or go.
func splitDraw(seed uint64, patient string) float64 {
	h := sha256.Sum256([]byte(patient))
	word := noise.Uint32(seed, uint32(h[0])<<8|uint32(h[1]), uint32(h[2])<<24|uint32(h[3])<<16|uint32(h[4])<<8|uint32(h[5]), noise.StreamTraining)
	return float64(word) / (1 << 32)
}

type row struct {
	Record
	licenceClass string
	dir          string // of the manifest
}

// maxRows bounds what a manifest may hold.
const maxRows = 1 << 20

// readManifest reads the rows of a CSV. The column file is needed; a missing
// patient_id makes each image its own patient.
func readManifest(path string) ([]row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s has no head line: %w", ErrManifest, path, err)
	}
	column := map[string]int{}
	for i, name := range head {
		column[strings.TrimPrefix(name, "\ufeff")] = i
	}
	if _, ok := column["file"]; !ok {
		return nil, fmt.Errorf("%w: %s has no column named file", ErrManifest, path)
	}
	var rows []row
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrManifest, path, err)
		}
		if len(rows) == maxRows {
			return nil, fmt.Errorf("%w: %s has more than %d rows", ErrManifest, path, maxRows)
		}
		get := func(name string) string {
			if i, ok := column[name]; ok && i < len(cells) {
				return strings.TrimSpace(cells[i])
			}
			return ""
		}
		rec := Record{File: get("file"), Patient: get("patient_id"), Source: get("source"), Licence: get("licence"),
			View: strings.ToUpper(get("view")), Sex: strings.ToUpper(get("sex")), Report: get("report_text")}
		if !filepath.IsLocal(filepath.FromSlash(rec.File)) {
			return nil, fmt.Errorf("%w: %s: file %q leaves its folder", ErrManifest, path, rec.File)
		}
		if rec.Patient == "" {
			rec.Patient = rec.File
		}
		if l := get("labels"); l != "" {
			rec.Labels = strings.Split(l, "|")
		}
		if age, err := strconv.Atoi(get("age")); err == nil && age > 0 && age < 120 {
			rec.Age = age
		}
		rows = append(rows, row{rec, get("licence_class"), filepath.Dir(path)})
	}
}
