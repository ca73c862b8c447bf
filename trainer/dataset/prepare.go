// Package dataset turns images with labels or reports into what training
// reads: one folder of grey images of one size, with a record each, split by
// patient, and the captions and vocabulary that go with them.
package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/sampler/noise"
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
	Sex     string   `json:"sex,omitempty"` // F, M or nothing
	Age     int      `json:"age,omitempty"` // years; 0: not known
	Report  string   `json:"report,omitempty"`
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
	Manifest     string  // a CSV whose column `file` is relative to its folder
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
	LicenceClass  string         `json:"licence_class"`
	Seed          uint64         `json:"seed,string"`
	TestFraction  float64        `json:"test_fraction"`
	Rows          int            `json:"rows"`
	Images        int            `json:"images"`
	Train         int            `json:"train"`
	Test          int            `json:"test"`
	Patients      int            `json:"patients"`
	Sources       map[string]int `json:"sources"`
	Skipped       []Skipped      `json:"skipped"`
	ImagesSHA256  string         `json:"images_sha256"`
	RecordsSHA256 string         `json:"records_sha256"`
}

var (
	// ErrManifest is wrapped by errors of a manifest that cannot be read.
	ErrManifest = errors.New("dataset: manifest refused")
	// ErrOptions is wrapped by errors of options that make no sense.
	ErrOptions = errors.New("dataset: options refused")
	// ErrPrepared is wrapped by errors of a prepared folder that is damaged.
	ErrPrepared = errors.New("dataset: prepared folder refused")
)

// Prepare reads a manifest and its images and writes the prepared folder. It
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
	if _, err := os.Stat(o.Out); err == nil {
		return Summary{}, fmt.Errorf("%w: %s exists already; remove it or choose another folder", ErrOptions, o.Out)
	}
	rows, err := readManifest(o.Manifest)
	if err != nil {
		return Summary{}, err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(o.Out)), 0o755); err != nil {
		return Summary{}, err
	}
	work, err := os.MkdirTemp(filepath.Dir(filepath.Clean(o.Out)), ".prepare-")
	if err != nil {
		return Summary{}, err
	}
	defer os.RemoveAll(work)
	sum, err := o.write(ctx, work, rows)
	if err != nil {
		return Summary{}, err
	}
	if err := os.Chmod(work, 0o755); err != nil {
		return Summary{}, err
	}
	return sum, os.Rename(work, o.Out)
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
	sum := Summary{Size: o.Size, Fit: o.Fit, LicenceClass: o.LicenceClass, Seed: o.Seed, TestFraction: o.TestFraction,
		Rows: len(rows), Sources: map[string]int{}, Skipped: []Skipped{}}
	images, err := os.Create(filepath.Join(dir, imagesFile))
	if err != nil {
		return sum, err
	}
	defer images.Close()
	records, err := os.Create(filepath.Join(dir, recordsFile))
	if err != nil {
		return sum, err
	}
	defer records.Close()
	imagesHash, recordsHash := sha256.New(), sha256.New()
	imagesOut, enc := io.MultiWriter(images, imagesHash), json.NewEncoder(io.MultiWriter(records, recordsHash))
	patients := map[string]bool{}
	for i, r := range rows {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		if o.Progress != nil {
			o.Progress(i, len(rows))
		}
		if o.LicenceClass != "" && r.licenceClass != o.LicenceClass {
			sum.Skipped = append(sum.Skipped, Skipped{r.File, "licence class " + r.licenceClass})
			continue
		}
		pixels, err := readGray(filepath.Join(filepath.Dir(o.Manifest), filepath.FromSlash(r.File)), o.Size, o.Fit)
		if err != nil {
			sum.Skipped = append(sum.Skipped, Skipped{r.File, err.Error()})
			continue
		}
		r.Split = Train
		if splitDraw(o.Seed, r.Patient) < o.TestFraction {
			r.Split = Test
		}
		if _, err := imagesOut.Write(pixels); err != nil {
			return sum, err
		}
		if err := enc.Encode(r.Record); err != nil {
			return sum, err
		}
		sum.Images++
		sum.Sources[r.Source]++
		patients[r.Patient] = true
		if r.Split == Train {
			sum.Train++
		} else {
			sum.Test++
		}
	}
	if sum.Images == 0 {
		return sum, fmt.Errorf("%w: none of its %d rows gave an image", ErrManifest, len(rows))
	}
	sum.Patients = len(patients)
	sum.ImagesSHA256, sum.RecordsSHA256 = hex.EncodeToString(imagesHash.Sum(nil)), hex.EncodeToString(recordsHash.Sum(nil))
	data, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		return sum, err
	}
	return sum, errors.Join(os.WriteFile(filepath.Join(dir, summaryFile), append(data, '\n'), 0o644), images.Sync(), records.Sync())
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
		rows = append(rows, row{rec, get("licence_class")})
	}
}
