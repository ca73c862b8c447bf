// Package dataset turns images with labels or reports into what training
// reads: one folder of grey images of one size, with a record each, split by
// patient, and the captions and vocabulary that go with them.
package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// The files of a prepared folder.
const (
	imagesFile  = "images.u8"     // N × size × size grey bytes, row-major; byte v is the value v/127.5 − 1
	recordsFile = "records.jsonl" // one Record per line, in the order of the images
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
	View    string   `json:"view,omitempty"`   // PA, AP or nothing
	Labels  []string `json:"labels,omitempty"` // of [FindingLabels], [NoFinding] or COVID-19
	// Others are findings that captions name in these words and that no label
	// stands for.
	Others []string `json:"others,omitempty"`
	// Open are labels that the table leaves open: captions do not deny them.
	Open   []string `json:"open,omitempty"`
	Sex    string   `json:"sex,omitempty"`    // F, M or nothing
	Age    int      `json:"age,omitempty"`    // years; 0: not known
	Report string   `json:"report,omitempty"` // as prompt.Report wrote it
	Stored

	sections []string // of the report, as they were written
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
	Size         int     // pixels per side; default 256
	Fit          Fit     // default FitSquash
	Seed         uint64  // of the split
	TestFraction float64 // of the patients; default 0.1
	// AllowUnknown accepts tables with values that are not understood:
	// unknown labels are named in captions as they are written, other values
	// are left out.
	AllowUnknown bool
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
	Turned        int            `json:"turned"`   // images that lay on their sides, by their EXIF orientation
	Windowed      int            `json:"windowed"` // images whose grey values went through a window
	WindowRule    string         `json:"window_rule,omitempty"`
	Padded        int            `json:"padded"`                  // images with padding or transparency, which is black
	Coloured      int            `json:"coloured"`                // images with colours, whose luminance is kept
	DICOM         int            `json:"dicom"`                   // images of DICOM files
	OwnWindow     int            `json:"own_window"`              // DICOM files with their own window
	ContactSheet  []string       `json:"contact_sheet,omitempty"` // the files of contact.png, row by row
	Sources       map[string]int `json:"sources"`
	Words         *Words         `json:"report_words,omitempty"`
	Stages        []Stage        `json:"stages,omitempty"`
	Unsaid        int            `json:"unsaid"` // images without a label or a report, whose captions say nothing but the view and the patient
	Unknown       []Unknown      `json:"not_understood,omitempty"`
	Skipped       []Skipped      `json:"skipped"`
	Reasons       map[string]int `json:"reasons,omitempty"`               // what comes before the colon in Skipped.Reason, counted
	Shared        []string       `json:"files_of_two_patients,omitempty"` // an image of them may be in both parts
	Unnamed       []string       `json:"unnamed_files,omitempty"`         // files beside the tables that no row names
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
	u := &unknowns{}
	for _, path := range o.Manifests {
		more, err := readManifest(path, u)
		if err != nil {
			return Summary{}, err
		}
		rows = append(rows, more...)
	}
	if err := refuseUnknown(u.sorted()); err != nil && !o.AllowUnknown {
		return Summary{}, err
	}
	if len(rows) == 0 {
		return Summary{}, fmt.Errorf("%w: %s: no rows below the head line", ErrManifest, strings.Join(o.Manifests, ", "))
	}
	paths, named, shared := o.locate(rows)
	if err := describe(ctx, rows, paths, u); err != nil {
		return Summary{}, err
	}
	unknown := u.sorted()
	if err := refuseUnknown(unknown); err != nil && !o.AllowUnknown {
		return Summary{}, err
	}
	return inPlace(o.Out, func(dir string) (Summary, error) {
		return o.write(ctx, dir, input{rows, paths, named, shared, unknown})
	})
}

// inPlace has write fill a folder beside out, and renames it when it is whole.
func inPlace(out string, write func(dir string) (Summary, error)) (Summary, error) {
	parent := filepath.Dir(filepath.Clean(out))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return Summary{}, err
	}
	work := atomicfile.TemporaryName(parent)
	if err := os.Mkdir(work, 0o777); err != nil { // of which the umask takes its part
		return Summary{}, err
	}
	defer os.RemoveAll(work)
	sum, err := write(work)
	if err != nil {
		return Summary{}, err
	}
	return sum, os.Rename(work, out)
}

func (o Options) validate() error {
	switch {
	case o.Size < 8 || o.Size > maxSize || o.Size%8 != 0:
		return fmt.Errorf("%w: size %d is not a multiple of 8 from 8 to %d", ErrOptions, o.Size, maxSize)
	case o.Fit != FitSquash && o.Fit != FitCrop:
		return fmt.Errorf("%w: fit %q is neither %s nor %s", ErrOptions, o.Fit, FitSquash, FitCrop)
	case !(o.TestFraction > 0 && o.TestFraction < 1):
		return fmt.Errorf("%w: a test fraction of %g is not between 0 and 1", ErrOptions, o.TestFraction)
	case o.Out == "":
		return fmt.Errorf("%w: no folder to write to", ErrOptions)
	}
	return nil
}

// input is what Prepare has read of the tables.
type input struct {
	rows    []row
	paths   []string        // of the rows' files
	named   map[string]bool // files that a row names
	shared  []string        // rows that name a file of another patient
	unknown []Unknown
}

// write makes the files in the folder dir.
func (o Options) write(ctx context.Context, dir string, in input) (Summary, error) {
	rows := in.rows
	out, err := newStore(dir, Summary{Size: o.Size, Fit: o.Fit, LicenceClass: o.LicenceClass, Seed: o.Seed, TestFraction: o.TestFraction, Rows: len(rows), Unknown: in.unknown})
	if err != nil {
		return Summary{}, err
	}
	defer out.close()
	out.sum.Shared = in.shared
	out.sum.Unnamed = unnamed(o.Manifests, in.named)
	test := o.testPatients(rows)
	for i, r := range rows {
		if err := ctx.Err(); err != nil {
			return out.sum, err
		}
		if o.Progress != nil {
			o.Progress(i, len(rows))
		}
		if r.leftOut != "" {
			out.leaveOut(r.File, r.leftOut)
			continue
		}
		data, err := readFile(in.paths[i], maxImageFile)
		if err != nil {
			out.leaveOut(r.File, err.Error())
			continue
		}
		p, err := usable(data, o.Size, o.Fit)
		if err != nil {
			out.leaveOut(r.File, err.Error())
			continue
		}
		r.Stored = p.Stored
		r.Report, _ = prompt.Report(r.sections...)
		r.Split = Train
		if test[r.Patient] {
			r.Split = Test
		}
		if err := out.add(p.pixels, r.Record); err != nil {
			return out.sum, err
		}
	}
	if out.sum.Images == 0 {
		return out.sum, fmt.Errorf("%w: none of its %d rows gave an image%s", ErrManifest, len(rows), out.sum.because())
	}
	return out.sum, out.finish()
}

// locate finds the files of the rows, and notes in a row why it cannot be
// used. named has every file that a row names; shared says which rows name a file
// of another patient.
func (o Options) locate(rows []row) (paths []string, named map[string]bool, shared []string) {
	paths, named = make([]string, len(rows)), map[string]bool{}
	first := map[string]*row{}
	var files finder
	for i := range rows {
		r := &rows[i]
		if r.File == "" || !localFile(r.File) {
			continue // the row says why
		}
		path, err := files.find(r.dir, r.File)
		if abs, e := filepath.Abs(path); e == nil && err == nil {
			path, named[abs] = abs, true
		}
		before := first[path]
		// A table may name an image under two patients: it says that they are two.
		other := before != nil && before.patientSaid && r.patientSaid && before.Patient != r.Patient
		switch {
		case r.leftOut != "":
			continue
		case o.LicenceClass != "" && r.licenceClass != o.LicenceClass:
			r.leftOut = "licence class: " + r.licenceClass
		case err != nil:
			r.leftOut = err.Error()
		case before != nil && !other:
			r.leftOut = fmt.Sprintf("named twice: in %s and %s", before.where, r.where)
		case other:
			paths[i] = path
			shared = append(shared, fmt.Sprintf("%s: in %s and %s", r.File, before.where, r.where))
		default:
			paths[i], first[path] = path, r
		}
	}
	return paths, named, shared
}

// testPatients chooses the patients of the test part, of those whose rows may
// give an image.
func (o Options) testPatients(rows []row) map[string]bool {
	var patients []string
	for _, r := range rows {
		if r.leftOut == "" {
			patients = append(patients, r.Patient)
		}
	}
	return splitPatients(patients, o.Seed, o.TestFraction)
}
