package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/roentgo/roentgo/internal/table"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// OpenIOptions are those of [PrepareOpenI]. The zero value of a field means
// its default.
type OpenIOptions struct {
	Reports     string // archive or folder of XML reports, or a CSV with uid, findings and impression
	Images      string // archive or folder of the PNGs
	Projections string // CSV with uid, filename and projection; "": the names of the images decide which are frontal
	Out         string // the folder to make; it must not exist
	Size        int    // pixels per side; default 256
	Fit         Fit    // default FitSquash
	Seed        uint64 // of the split
	TestImages  int    // in the test set, of whole patients; default a fifth, as the study's 660 of 3,301
	MinWords    int    // that a report must have left; default 5, the study's shortest
	Progress    func(stage string, done int)
}

// study is what the study counted in this collection.
const (
	studyImages   = 7470
	studyPatients = 3955
	studyPrepared = 3301
)

// StudyMeanWords is the mean length of the study's reports.
const StudyMeanWords = 45.3

// imageName finds the study and the image in the names that the collection
// uses: CXR1_1_IM-0001-3001.png in the archive, 1_IM-0001-3001.dcm.png in the
// table of projections, CXR1_1_IM-0001-3001 in the reports.
var imageName = regexp.MustCompile(`^(?:CXR)?(\d+)_(?:\d+_)?(IM-[0-9-]+)`)

// imageKey identifies an image by the number of its study and its own.
func imageKey(name string) (study, key string, ok bool) {
	m := imageName.FindStringSubmatch(filepath.Base(filepath.FromSlash(name)))
	if m == nil {
		return "", "", false
	}
	return m[1], m[1] + "/" + m[2], true
}

// frontalEnding is how the names of most frontal images end: in the table of
// projections, those of 2,606 of 3,438, and of 196 lateral ones.
const frontalEnding = "-1001"

// openiImage is an image that was read, on its way into the folder.
type openiImage struct {
	file, study, report string
	labels              []string
	stored              Stored
	at                  int // of its pixels, among those that were read
}

// PrepareOpenI joins the reports and the frontal images of the Indiana
// University collection (Demner-Fushman et al. 2016) into a prepared folder,
// by the rules of the study: see [prompt.Report] for the text, Summary.Stages
// for what each rule left, Summary.Skipped for every file left out and why.
func PrepareOpenI(ctx context.Context, o OpenIOptions) (Summary, error) {
	o.Size, o.Fit, o.MinWords = cmp.Or(o.Size, 256), cmp.Or(o.Fit, FitSquash), cmp.Or(o.MinWords, 5)
	common := Options{Out: o.Out, Size: o.Size, Fit: o.Fit, TestFraction: 0.2}
	if err := common.validate(); err != nil {
		return Summary{}, err
	}
	if o.TestImages < 0 || o.MinWords < 1 {
		return Summary{}, fmt.Errorf("%w: %d test images, %d words at least", ErrOptions, o.TestImages, o.MinWords)
	}
	if _, err := os.Stat(o.Out); err == nil {
		return Summary{}, fmt.Errorf("%w: %s exists already; remove it or choose another folder", ErrOptions, o.Out)
	}
	if o.Progress == nil {
		o.Progress = func(string, int) {}
	}
	return inPlace(o.Out, func(dir string) (Summary, error) { return o.write(ctx, dir) })
}

func (o OpenIOptions) write(ctx context.Context, dir string) (Summary, error) {
	out, err := newStore(dir, Summary{Size: o.Size, Fit: o.Fit, Seed: o.Seed})
	if err != nil {
		return Summary{}, err
	}
	defer out.close()
	reports := map[string]Report{}
	err = ReadReports(ctx, o.Reports, func(r Report) error {
		if _, twice := reports[r.ID]; twice {
			out.leaveOut(r.File, "a report of this study was there before")
			return nil
		}
		reports[r.ID] = r
		o.Progress("reports", len(reports))
		return nil
	}, func(s Skipped) { out.leaveOut(s.File, s.Reason) })
	if err != nil {
		return out.sum, err
	}
	if len(reports) == 0 {
		return out.sum, fmt.Errorf("%w: %s holds no report", ErrManifest, o.Reports)
	}
	frontal, err := o.frontal()
	if err != nil {
		return out.sum, err
	}
	raw, err := os.Create(filepath.Join(dir, "raw.part"))
	if err != nil {
		return out.sum, err
	}
	defer os.Remove(raw.Name())
	defer raw.Close()
	images, stages, err := o.read(ctx, reports, frontal, raw, out)
	if err != nil {
		return out.sum, err
	}
	if len(images) == 0 {
		return out.sum, fmt.Errorf("%w: %s holds no frontal image with a report", ErrManifest, o.Images)
	}
	// An archive may have any order; the folder has that of the names.
	slices.SortFunc(images, func(a, b openiImage) int { return strings.Compare(a.file, b.file) })
	test := o.testPatients(images)
	pixels := make([]byte, o.Size*o.Size)
	for _, img := range images {
		if _, err := raw.ReadAt(pixels, int64(img.at)*int64(len(pixels))); err != nil {
			return out.sum, err
		}
		r := Record{File: img.file, Patient: "iu-" + img.study, Split: Train, Source: "Indiana University (Open-i)",
			Licence: "CC BY-NC-ND 4.0", Labels: img.labels, Report: img.report, Stored: img.stored}
		if test[img.study] {
			r.Split = Test
		}
		if err := out.add(pixels, r); err != nil {
			return out.sum, err
		}
	}
	out.sum.Rows, out.sum.Stages = stages[0].Count, append(stages, Stage{"prepared", len(images), studyPrepared})
	out.sum.TestFraction = float64(out.sum.Test) / float64(out.sum.Images)
	slices.SortStableFunc(out.sum.Skipped, func(a, b Skipped) int { return strings.Compare(a.File, b.File) })
	if err := out.finish(); err != nil {
		return out.sum, err
	}
	return out.sum, os.Remove(raw.Name())
}

// frontal reads the table of projections: what view each image is of. nil
// means that there is no table.
func (o OpenIOptions) frontal() (map[string]bool, error) {
	if o.Projections == "" {
		return nil, nil
	}
	f, err := os.Open(o.Projections)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := table.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrManifest, o.Projections, err)
	}
	head, _, err := t.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %s has no head line: %w", ErrManifest, o.Projections, err)
	}
	find, err := columnFinder(o.Projections, head)
	if err != nil {
		return nil, err
	}
	file, view := find("filename"), find("projection")
	if file < 0 || view < 0 {
		return nil, fmt.Errorf("%w: %s has no columns named filename and projection", ErrManifest, o.Projections)
	}
	list := map[string]bool{}
	for {
		cells, line, err := t.Read()
		switch {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%w: %s: %w", ErrManifest, o.Projections, err)
		case len(cells) <= max(file, view):
			return nil, fmt.Errorf("%w: %s, line %d has %d fields, the head line %d", ErrManifest, o.Projections, line, len(cells), len(head))
		}
		_, lateral, ok := viewOf(cells[view])
		if !ok {
			return nil, fmt.Errorf("%w: %s, line %d: projection %.60q is neither frontal nor lateral", ErrManifest, o.Projections, line, cells[view])
		}
		if _, key, ok := imageKey(cells[file]); ok {
			list[key] = !lateral && !isMissing(cells[view])
		}
	}
}

// read decodes the images that have a view and a report, several at a time,
// and puts their pixels into raw.
func (o OpenIOptions) read(ctx context.Context, reports map[string]Report, frontal map[string]bool, raw io.Writer, out *store) ([]openiImage, []Stage, error) {
	named := map[string]bool{} // images that their reports name
	for _, r := range reports {
		for _, name := range r.Images {
			if _, key, ok := imageKey(name); ok {
				named[key] = true
			}
		}
	}
	var images []openiImage
	var stages [5]int // images, with a report, frontal, report complete, of good quality
	type job struct {
		img  openiImage
		data []byte
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan job)
	var mu sync.Mutex // of images, stages, out and raw
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for j := range jobs {
				p, err := usable(j.data, o.Size, o.Fit)
				mu.Lock()
				if err != nil {
					out.leaveOut(j.img.file, err.Error())
				} else if _, err := raw.Write(p.pixels); err != nil {
					cancel(err)
				} else {
					j.img.stored, j.img.at = p.Stored, len(images)
					images = append(images, j.img)
					stages[4]++
				}
				mu.Unlock()
			}
		})
	}
	seen := map[string]bool{}
	isImage := func(name string) bool {
		ext := strings.ToLower(filepath.Ext(name))
		return (ext == ".png" || ext == ".jpg" || ext == ".jpeg") && !strings.HasPrefix(filepath.Base(name), "._")
	}
	leaveOut := func(name, reason string) {
		mu.Lock()
		defer mu.Unlock()
		out.leaveOut(name, reason)
	}
	err := walk(ctx, o.Images, maxImageFile, isImage,
		func(name string) { leaveOut(name, fmt.Sprintf("a file of more than %d bytes", maxImageFile)) },
		func(path string, data []byte) error {
			name := filepath.Base(filepath.FromSlash(path))
			stages[0]++
			o.Progress("images", stages[0])
			study, key, ok := imageKey(name)
			report, has := reports[study]
			isFrontal, listed := frontal[key]
			if frontal == nil {
				isFrontal, listed = strings.HasSuffix(key, frontalEnding), true
			}
			switch {
			case !ok:
				leaveOut(name, "its name is not of the collection")
				return nil
			case seen[key]:
				leaveOut(name, "an image of this name was there before")
				return nil
			case !has || len(report.Images) > 0 && !named[key]:
				leaveOut(name, "no report names it")
				return nil
			}
			seen[key] = true
			stages[1]++
			switch {
			case !listed:
				leaveOut(name, "the table of projections does not have it")
				return nil
			case !isFrontal:
				leaveOut(name, "not frontal")
				return nil
			}
			stages[2]++
			text, _ := prompt.Report(report.Findings, report.Impression)
			if n := len(strings.Fields(text)); n < o.MinWords {
				leaveOut(name, fmt.Sprintf("report incomplete: %d words of findings and impression, below %d", n, o.MinWords))
				return nil
			}
			stages[3]++
			select {
			case jobs <- job{openiImage{file: name, study: study, report: text, labels: report.Labels}, data}:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	close(jobs)
	workers.Wait()
	if errors.Is(err, ErrArchive) { // what came before counts
		out.leaveOut(o.Images, err.Error())
		err = nil
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return images, []Stage{{"images", stages[0], studyImages}, {"reports", len(reports), studyPatients}, {"images with a report", stages[1], 0},
		{"frontal", stages[2], 0}, {"report complete", stages[3], 0}, {"image readable and of good quality", stages[4], 0}}, err
}

// testPatients chooses whole patients, by draws that depend on each alone,
// until the test set has its images.
func (o OpenIOptions) testPatients(images []openiImage) map[string]bool {
	count := map[string]int{}
	for _, img := range images {
		count[img.study]++
	}
	var patients []string
	for p := range count {
		patients = append(patients, p)
	}
	slices.SortFunc(patients, func(a, b string) int {
		return cmp.Or(cmp.Compare(splitDraw(o.Seed, "iu-"+a), splitDraw(o.Seed, "iu-"+b)), strings.Compare(a, b))
	})
	left := cmp.Or(o.TestImages, max(len(images)/5, 1))
	test := map[string]bool{}
	for _, p := range patients {
		if count[p] <= left {
			test[p] = true
			left -= count[p]
		}
	}
	return test
}
