package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

// chest draws something with a bright middle, dark lungs and darker corners.
func chest(w, h int, negative bool) []byte {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := uint8(120)
			switch {
			case fx > 0.42 && fx < 0.58:
				v = 220
			case fx > 0.18 && fx < 0.82 && fy > 0.2 && fy < 0.7:
				v = 60
			case fy < 0.1:
				v = 10
			}
			v += uint8((x*2654435761 ^ y*40503) >> 7 & 15) // so that it does not compress to nothing
			if negative {
				v = 255 - v
			}
			img.SetGray(x, y, color.Gray{Y: v})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func report(id int, findings string, images ...string) string {
	x := fmt.Sprintf(`<?xml version="1.0"?><eCitation><uId id="CXR%d"/><MedlineCitation><Article><Abstract>`+
		`<AbstractText Label="INDICATION">Cough</AbstractText><AbstractText Label="FINDINGS">%s</AbstractText>`+
		`<AbstractText Label="IMPRESSION">No acute disease.</AbstractText></Abstract></Article></MedlineCitation><MeSH><major>normal</major></MeSH>`, id, findings)
	for _, name := range images {
		x += `<parentImage id="` + name + `"><caption>Chest</caption></parentImage>`
	}
	return x + "</eCitation>"
}

func tgz(t *testing.T, path string, names []string, files map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close(), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// collection writes a small collection of the form of Open-i's, with what can
// go wrong in it.
func collection(t *testing.T) (dir string, reports, images map[string][]byte) {
	dir = t.TempDir()
	reports = map[string][]byte{"r/9.xml": []byte("<eCitation><uId id="), "r/10.xml": []byte("<eCitation></eCitation>"), "r/notes.md": []byte("no report")}
	images = map[string][]byte{}
	table := "uid,filename,projection\n"
	for id := 1; id <= 8; id++ {
		front, side := fmt.Sprintf("CXR%d_1_IM-%04d-1001", id, id), fmt.Sprintf("CXR%d_1_IM-%04d-2001", id, id)
		reports[fmt.Sprintf("r/%d.xml", id)] = []byte(report(id, "The heart is normal in size. Both lungs are clear.", front, side))
		images["i/"+front+".png"], images["i/"+side+".png"] = chest(64, 72, id == 3), chest(64, 72, false)
		table += fmt.Sprintf("%d,%d_IM-%04d-1001.dcm.png,Frontal\n%d,%d_IM-%04d-2001.dcm.png,Lateral\n", id, id, id, id, id, id)
	}
	reports["r/4.xml"] = []byte(strings.ReplaceAll(report(4, "XXXX.", "CXR4_1_IM-0004-1001"), "No acute disease.", "XXXX XXXX."))
	images["i/CXR5_1_IM-0005-1001.png"] = images["i/CXR5_1_IM-0005-1001.png"][:len(images["i/CXR5_1_IM-0005-1001.png"])/2]
	images["i/CXR6_1_IM-0006-1001.png"] = chest(200, 64, false)
	var blank bytes.Buffer
	if err := png.Encode(&blank, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	images["i/CXR7_1_IM-0007-1001.png"] = blank.Bytes()
	images["i/CXR77_IM-0007-1001.png"] = chest(64, 64, false) // without a report
	images["i/holiday.png"] = chest(64, 64, false)
	for name, data := range map[string][]byte{"p.csv": []byte(table)} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, reports, images
}

func keys(m map[string][]byte, backwards bool) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	if slices.Sort(list); backwards {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
	return list
}

func TestPrepareOpenI(t *testing.T) {
	dir, reports, images := collection(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	tgz(t, at("r.tgz"), keys(reports, false), reports)
	tgz(t, at("i.tar.gz"), keys(images, false), images)
	tgz(t, at("back.tgz"), keys(images, true), images)
	for name, data := range images {
		path := filepath.Join(dir, "folder", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	o := OpenIOptions{Reports: at("r.tgz"), Images: at("i.tar.gz"), Projections: at("p.csv"), Size: 32, Seed: 2, TestImages: 1}
	var sums []Summary
	for i, from := range []string{"i.tar.gz", "back.tgz", "folder"} {
		o.Images, o.Out = at(from), at(fmt.Sprint("out", i))
		sum, err := PrepareOpenI(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	for i := range sums {
		if sums[i].ImagesSHA256 != sums[0].ImagesSHA256 || sums[i].RecordsSHA256 != sums[0].RecordsSHA256 {
			t.Errorf("the order of the archive or unpacking it changes the result")
		}
	}
	counts := map[string]int{}
	for _, s := range sums[0].Stages {
		counts[s.Name] = s.Count
	}
	want := map[string]int{"images": 18, "reports": 8, "images with a report": 15, "frontal": 8, "report complete": 7, "image readable and of good quality": 4, "prepared": 4}
	if !reflect.DeepEqual(counts, want) {
		t.Errorf("stages %v, want %v", counts, want)
	}
	if s := sums[0]; s.Test != 1 || s.Train != 3 || s.Inverted != 1 || s.Words == nil || s.Words.Min < 5 {
		t.Errorf("%+v", s)
	}
	reasons := map[string]string{}
	for _, s := range sums[0].Skipped {
		reasons[s.File] = s.Reason
	}
	for file, says := range map[string]string{
		"r/9.xml": "damaged report", "r/10.xml": "no uId", "CXR5_1_IM-0005-1001.png": "image", "CXR6_1_IM-0006-1001.png": "wrong aspect",
		"CXR7_1_IM-0007-1001.png": "blank", "CXR77_IM-0007-1001.png": "no report", "holiday.png": "name", "CXR4_1_IM-0004-1001.png": "report incomplete",
		"CXR1_1_IM-0001-2001.png": "not frontal", "CXR4_1_IM-0004-2001.png": "no report",
	} {
		if !strings.Contains(reasons[file], says) {
			t.Errorf("%s was left out for %q, want %q", file, reasons[file], says)
		}
	}
	data, err := Open(at("out0"))
	if err != nil {
		t.Fatal(err)
	}
	if r := data.Records[0]; r.File != "CXR1_1_IM-0001-1001.png" || r.Report != "The heart is normal in size. Both lungs are clear. No acute disease." || Caption(r, 1, 0, 0) != r.Report {
		t.Errorf("%+v", r)
	}
	upright, turned := make([]float32, 32*32), make([]float32, 32*32)
	data.Image(0, upright)
	data.Image(2, turned)
	for i := range upright {
		if d := upright[i] - turned[i]; d > 0.02 || d < -0.02 { // but for rounding
			t.Fatalf("the negative was not turned back: pixel %d is %g, not %g", i, turned[i], upright[i])
		}
	}

	// Without the table, names state the view.
	o.Projections, o.Out = "", at("names")
	if sum, err := PrepareOpenI(context.Background(), o); err != nil || sum.Images != 4 {
		t.Errorf("%+v, %v", sum, err)
	}
	// An archive that ends early gives what came before.
	whole, err := os.ReadFile(at("i.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("cut.tgz"), whole[:len(whole)/3], 0o644); err != nil {
		t.Fatal(err)
	}
	o.Images, o.Out = at("cut.tgz"), at("cut")
	sum, err := PrepareOpenI(context.Background(), o)
	if err != nil || sum.Images < 1 || !strings.Contains(fmt.Sprint(sum.Skipped), "archive damaged") {
		t.Errorf("%d images, %v, %v", sum.Images, sum.Skipped, err)
	}
	// Cancelled: nothing is left.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	o.Out = at("cancelled")
	if _, err := PrepareOpenI(ctx, o); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if list, _ := filepath.Glob(at(".roentgo-*")); len(list) > 0 {
		t.Errorf("not removed: %v", list)
	}
	if _, err := PrepareOpenI(context.Background(), OpenIOptions{Reports: at("p.csv"), Images: dir, Out: at("x")}); !errors.Is(err, ErrManifest) {
		t.Error(err)
	}
	if _, err := PrepareOpenI(context.Background(), OpenIOptions{Reports: at("r.tgz"), Images: dir, Out: at("out0")}); !errors.Is(err, ErrOptions) {
		t.Error(err)
	}
}

// TestRealOpenI prepares the six real images with all the real reports.
func TestRealOpenI(t *testing.T) {
	dir := need.Data(t, "openi")
	sum, err := PrepareOpenI(context.Background(), OpenIOptions{Reports: filepath.Join(dir, "NLMCXR_reports.tgz"), Images: filepath.Join(dir, "NLMCXR_png"),
		Projections: filepath.Join(dir, "indiana_projections.csv"), Out: filepath.Join(t.TempDir(), "data"), Size: 64})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 6 || sum.Stages[1].Count != 3546 || sum.Inverted != 0 {
		t.Errorf("%+v", sum)
	}
}

func TestReadPlainReport(t *testing.T) {
	r := parsePlain("a/b.txt", "EXAM: chest\nFindings: Clear lungs.\nNormal heart.\nImpression:\nNo disease\nComparison: none")
	if r.ID != "b" || r.Findings != "Clear lungs.\nNormal heart." || r.Impression != "No disease" {
		t.Errorf("%+v", r)
	}
	if r := parsePlain("c.txt", "Clear lungs."); r.Findings != "Clear lungs." {
		t.Errorf("%+v", r)
	}
}

// TestReportForms reads reports as they are written and encoded.
func TestReportForms(t *testing.T) {
	for text, want := range map[string][2]string{
		"FINDINGS\nClear lungs.\nIMPRESSION\nNo disease.":            {"Clear lungs.", "No disease."},
		"FINDINGS Clear lungs.\r\nIMPRESSION No disease.":            {"Clear lungs.", "No disease."},
		"Findings and Impression: Clear lungs.":                      {"Clear lungs.", ""},
		"Exam\nchest\nFindings/Impression:\nClear lungs.":            {"Clear lungs.", ""},
		"Findings are normal. Impressions of the heart are normal.":  {"Findings are normal. Impressions of the heart are normal.", ""},
		"Technique: PA\rFindings: Clear lungs.\rConclusion: Normal.": {"Clear lungs.", "Normal."},
	} {
		if r := parsePlain("x.txt", text); r.Findings != want[0] || r.Impression != want[1] {
			t.Errorf("%q: %q and %q, want %q", text, r.Findings, r.Impression, want)
		}
	}
	const body = `<eCitation><uId id="CXR1"/><MedlineCitation><Article><Abstract><AbstractText Label="Findings:">Caf\xe9.</AbstractText></Abstract></Article></MedlineCitation></eCitation>`
	latin := strings.ReplaceAll(body, `\xe9`, "\xe9")
	wide := func(text string) []byte {
		b := []byte("\xff\xfe")
		for _, c := range []byte(text) { // of Latin 1
			b = append(b, c, 0)
		}
		return b
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(strings.ReplaceAll(latin, "\xe9", "é")), "ISO-8859-1": []byte(`<?xml version="1.0" encoding="ISO-8859-1"?>` + latin), "Windows-1252": []byte(`<?xml version="1.0" encoding="windows-1252"?>` + latin),
		"not as declared": []byte(`<?xml version="1.0" encoding="UTF-8"?>` + latin), "UTF-16": wide(`<?xml version="1.0" encoding="UTF-16"?>` + latin), "UTF-16, not declared": wide(latin),
	} {
		if r, err := parseOpenI("x.xml", data); err != nil || r.Findings != "Café." || r.ID != "1" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	var got []Report
	if err := parseTable("t.csv", []byte("\ufeff\"UID\";\"Findings\";\"Impression \"\r\n1;Clear.;NaN\r\n"), func(r Report) error { got = append(got, r); return nil }); err != nil || len(got) != 1 || got[0].ID != "1" || got[0].Findings != "Clear." || got[0].Impression != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzPlainReport(f *testing.F) {
	f.Add("FINDINGS\nClear.\nImpression: none")
	f.Fuzz(func(t *testing.T, text string) {
		if r := parsePlain("x.txt", text); len(r.Findings)+len(r.Impression) > len(text) {
			t.Error("a report grew")
		}
	})
}

func FuzzOpenIReport(f *testing.F) {
	f.Add([]byte(report(1, "Clear.", "CXR1_1_IM-0001-1001")))
	f.Add([]byte("<a>&lol;</a>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := parseOpenI("x", data); err == nil && r.ID == "" {
			t.Error("a report without an identity")
		}
	})
}
