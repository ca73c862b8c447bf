package dataset

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rowsOf reads a table that is given as text.
func rowsOf(t *testing.T, text string) ([]row, []Unknown) {
	t.Helper()
	var u unknowns
	rows, err := readRows(strings.NewReader(text), "t.csv", &u)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return rows, u.sorted()
}

func TestLabels(t *testing.T) {
	for cell, want := range map[string]Record{
		"Effusion":                          {Labels: []string{"Effusion"}},
		"effusion":                          {Labels: []string{"Effusion"}},
		"PLEURAL EFFUSION":                  {Labels: []string{"Effusion"}},
		"Pleural_Thickening":                {Labels: []string{"Pleural_Thickening"}},
		"pleural thickening":                {Labels: []string{"Pleural_Thickening"}},
		"Effusion|Pneumonia":                {Labels: []string{"Effusion", "Pneumonia"}},
		"Effusion;Pneumonia":                {Labels: []string{"Effusion", "Pneumonia"}},
		"Effusion, Pneumonia":               {Labels: []string{"Effusion", "Pneumonia"}},
		"effusion and pneumonia":            {Labels: []string{"Effusion", "Pneumonia"}},
		"['pleural effusion', 'pneumonia']": {Labels: []string{"Effusion", "Pneumonia"}},
		"Lung Opacity|Effusion":             {Labels: []string{"Effusion"}, Others: []string{"lung opacity"}},
		"Nodule/Mass":                       {Others: []string{"nodule or mass"}},
		"No Finding|Support Devices":        {Labels: []string{"No Finding"}, Others: []string{"support devices"}},
		"normal":                            {Labels: []string{"No Finding"}},
		"no_finding":                        {Labels: []string{"No Finding"}},
		"laminar atelectasis":               {Labels: []string{"Atelectasis"}},
		"COPD signs":                        {Labels: []string{"Emphysema"}},
		"subcutaneous emphysema":            {Others: []string{"subcutaneous emphysema"}},
		"cardiomégaly":                      {Labels: []string{"Cardiomegaly"}},
		"COVID-19":                          {Labels: []string{"COVID-19"}},
		"Pleural\u00a0Effusion":             {Labels: []string{"Effusion"}},
		"Effusion|Effusion":                 {Labels: []string{"Effusion"}},
		"nan":                               {},
		"":                                  {},
	} {
		rows, unknown := rowsOf(t, "file,labels\n1.png,\""+cell+"\"\n")
		if r := rows[0]; !reflect.DeepEqual(r.Labels, want.Labels) || !reflect.DeepEqual(r.Others, want.Others) || len(unknown) > 0 || r.leftOut != "" {
			t.Errorf("%q: labels %q, others %q, not understood %v, left out %q; want %q, %q", cell, r.Labels, r.Others, unknown, r.leftOut, want.Labels, want.Others)
		}
	}
	for _, cell := range []string{"no effusion", "possible effusion", "zebra", "effusion on the left", "Effusion zebra", "exclude"} {
		rows, unknown := rowsOf(t, "file,labels\n1.png,"+cell+"\n")
		if len(unknown) != 1 || unknown[0].Column != "label" || unknown[0].Value != cell || len(rows[0].Labels) > 0 {
			t.Errorf("%q: %v, labels %q; want it not understood", cell, unknown, rows[0].Labels)
		}
	}
	for _, cell := range []string{"No Finding|Effusion", "normal; fracture"} {
		if rows, _ := rowsOf(t, "file,labels\n1.png,\""+cell+"\"\n"); !strings.HasPrefix(rows[0].leftOut, "labels contradict") {
			t.Errorf("%q: %q", cell, rows[0].leftOut)
		}
	}
}

func TestValues(t *testing.T) {
	for value, want := range map[string]string{"PA": "PA", "pa": "PA", "P.A.": "PA", "Posteroanterior": "PA", "POSTEROANTERIOR": "PA", "postero-anterior": "PA", "AP": "AP", "AP Supine": "AP", "AP_horizontal": "AP",
		"supine": "AP", "portable AP": "AP", "antero-posterior view": "AP", "Frontal": "", "frontal (README)": "", "Frontal PA": "PA", "": "", "n/a": "",
		"LATERAL": "lateral", "LL": "lateral", "L": "lateral", "left lateral": "lateral", "LLD": "lateral", "AP lateral decubitus": "lateral", "PA and lateral": "?", "axial PA AP": "?", "zebra": "?"} {
		view, lateral, ok := viewOf(value)
		got := view
		if lateral {
			got = "lateral"
		}
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("view %q is %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{"F": "F", "Female": "F", "w": "F", "weiblich": "F", "M": "M", "male": "M", "männlich": "M", "O": "", "U": "", "NaN": "", "": "", "zebra": "?", "1": "?"} {
		got, ok := sexOf(value)
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("sex %q is %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]int{"58": 58, "058Y": 58, "45.0": 45, "58 years": 58, "58 yo": 58, "6M": 1, "018M": 1, "030M": 2, "003W": 1, "50s": 50, "in the 50s": 50, "40-49": 40, "[40-50)": 40, "40 to 49": 40,
		">89": 90, "90+": 90, "0": 0, "": 0, "NaN": 0, "unknown": 0, "411": -1, "-5": -1, "18-65": -1, "fifty": -1, "1e2": -1, "58x": -1} {
		got, ok := ageOf(value)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("age %q is %d, want %d", value, got, want)
		}
	}
	for value, want := range map[string]int{"1": 1, "1.0": 1, "-1.0": -1, "-1": -1, "0.0": 0, "": 0, "TRUE": 1, "no": 0, "2": 9, "zebra": 9} {
		got, ok := stated(value)
		if !ok {
			got = 9
		}
		if got != want {
			t.Errorf("a finding's cell %q is %d, want %d", value, got, want)
		}
	}
}

// TestDataSets reads the head lines and a row of the tables of data sets.
func TestDataSets(t *testing.T) {
	for name, c := range map[string]struct {
		table string
		want  Record
	}{
		"NIH": {"Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y],\n" +
			"00000001_001.png,Cardiomegaly|Emphysema,1,1,058Y,M,PA,2682,2749,0.143,0.143,\n",
			Record{File: "00000001_001.png", Patient: "1", View: "PA", Labels: []string{"Cardiomegaly", "Emphysema"}, Sex: "M", Age: 58}},
		"CheXpert": {"Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices\n" +
			"CheXpert-v1.0/train/patient00002/study2/view1_frontal.jpg,Female,87,Frontal,AP,,,-1.0,1.0,,-1.0,-1.0,,-1.0,0.0,1.0,,1.0,\n",
			Record{File: "CheXpert-v1.0/train/patient00002/study2/view1_frontal.jpg", Patient: "patient00002", View: "AP", Labels: []string{"Effusion"}, Others: []string{"fracture", "lung opacity"},
				Open: []string{"Cardiomegaly", "Edema", "Consolidation", "Atelectasis"}, Sex: "F", Age: 87}},
		"MIMIC-CXR": {"subject_id,study_id,path,ViewPosition,Atelectasis,Pleural Effusion,No Finding\n10000032,50414267,p10/p10000032/s50414267/a.jpg,AP,,,1.0\n",
			Record{File: "p10/p10000032/s50414267/a.jpg", Patient: "10000032", View: "AP", Labels: []string{"No Finding"}}},
		"PadChest": {",ImageID,PatientID,PatientSex_DICOM,ViewPosition_DICOM,Projection,Labels\n0,a.png,7,F,POSTEROANTERIOR,PA,\"['cardiomegaly', 'aortic elongation']\"\n",
			Record{File: "a.png", Patient: "7", View: "PA", Labels: []string{"Cardiomegaly"}, Others: []string{"aortic elongation"}, Sex: "F"}},
		"by hand": {"\ufeff\"File \";\" Labels\";\"AGE\"\r\n\"a.png\";\"effusion, edema\";\"60s\"\r\n;;\r\n",
			Record{File: "a.png", Patient: "a.png", Labels: []string{"Effusion", "Edema"}, Age: 60}},
	} {
		rows, unknown := rowsOf(t, c.table)
		if err := refuseUnknown(unknown); len(rows) != 1 || err != nil {
			t.Fatalf("%s: %d rows, %v", name, len(rows), err)
		}
		got := rows[0].Record
		if got.sections = nil; !reflect.DeepEqual(got, c.want) || rows[0].leftOut != "" {
			t.Errorf("%s: %+v (left out: %q), want %+v", name, got, rows[0].leftOut, c.want)
		}
		for variant := range 60 { // what is open, or may be, is not denied
			s := captionOf(got, 1, 0, variant)
			for _, label := range append(got.Open, map[bool][]string{true: {"Pneumonia", "Infiltration"}}[len(got.Others) > 1]...) {
				for i := range findings {
					if f := &findings[i]; f.label == label && s.Facts.Claim(f.topic) == Denied {
						t.Errorf("%s: %q denies %s", name, s.Text(), label)
					}
				}
			}
		}
	}
}

// TestOthersAreSaid: no caption loses a finding that has no topic.
func TestOthersAreSaid(t *testing.T) {
	for _, r := range []Record{{Others: []string{"lung opacity"}}, {Labels: []string{"Effusion"}, Others: []string{"lung opacity", "rib fracture"}, Sex: "F", Age: 50}, {Labels: []string{NoFinding}, Others: []string{"pacemaker"}}} {
		for variant := range 100 {
			s := captionOf(r, 1, 3, variant)
			for _, said := range r.Others {
				if !strings.Contains(s.Text(), said) {
					t.Errorf("%q of %+v does not say %s", s.Text(), r, said)
				}
			}
			if normal := s.Facts.Claim(TopicNormal) == Present; normal != r.Has(NoFinding) {
				t.Errorf("%q of %+v: normal is %v", s.Text(), r, normal)
			}
		}
	}
}

func TestHeads(t *testing.T) {
	for text, says := range map[string]string{
		"file,labels, Labels\n":           "two columns",
		"file,labels,Finding Labels\n":    "would both be labels",
		"labels,view\n":                   "no column named file",
		"\n":                              "no head line",
		strings.Repeat("a,", 5000) + "\n": "columns",
	} {
		var u unknowns
		if _, err := readRows(strings.NewReader(text), "t.csv", &u); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v, want %q", text, err, says)
		}
	}
	for head, stops := range map[string]bool{"file,labels,kVp": false, "file,lables": true, "file,labels,veiw": true, "file,kVp": true, "file,labels,set": false, "file": false, "file,,labels": false} {
		_, unknown := rowsOf(t, head+"\n")
		if err := refuseUnknown(unknown); (err != nil) != stops {
			t.Errorf("%q: %v, want that it stops: %v", head, err, stops)
		}
	}
	rows, _ := rowsOf(t, "file,labels,view\na.png,Effusion, Pneumonia,PA\nb.png,Effusion\nc.png,Mass,PA,,\n")
	for i, want := range []string{"malformed row: t.csv, line 2 has 4", "malformed row: t.csv, line 3 has 2", ""} {
		if !strings.HasPrefix(rows[i].leftOut, want) || want == "" && rows[i].leftOut != "" {
			t.Errorf("row %d: %q, want %q", i, rows[i].leftOut, want)
		}
	}
}

// put writes files into a new folder.
func put(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func prepareTable(t *testing.T, files map[string][]byte, change func(*Options)) (Summary, []Record, error) {
	t.Helper()
	dir := put(t, files)
	o := Options{Manifests: []string{filepath.Join(dir, "manifest.csv")}, Out: filepath.Join(t.TempDir(), "out"), Size: 32}
	if change != nil {
		change(&o)
	}
	sum, err := Prepare(context.Background(), o)
	if err != nil {
		return sum, nil, err
	}
	p, err := Open(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	return sum, p.Records, nil
}

// TestUnknownStops: what is not understood stops the preparation, and is named
// with its count and a place; with AllowUnknown it is in the summary, and in
// the captions.
func TestUnknownStops(t *testing.T) {
	image := chest(64, 72, false)
	files := map[string][]byte{"1.png": image, "2.png": image, "3.png": image,
		"manifest.csv": []byte("file,labels,view,kVp\n1.png,zebra stripes,PA,120\n2.png,Zebra Stripes|Effusion,PA,120\n3.png,Mass,sideways,120\n")}
	_, _, err := prepareTable(t, files, nil)
	if !errors.Is(err, ErrUnknown) {
		t.Fatalf("%v, want ErrUnknown", err)
	}
	for _, says := range []string{`label "zebra stripes", 2 times (manifest.csv, line 2)`, `view "sideways", once (manifest.csv, line 4)`, "--allow-unknown"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	sum, records, err := prepareTable(t, files, func(o *Options) { o.AllowUnknown = true })
	if err != nil {
		t.Fatal(err)
	}
	if len(sum.Unknown) != 3 || sum.Unknown[0].Count != 2 || len(sum.Unknown[0].Examples) != 2 || sum.Unknown[0].Harmless {
		t.Errorf("%+v", sum.Unknown)
	}
	if i := slices.IndexFunc(sum.Unknown, func(u Unknown) bool { return u.Column == "head" }); i < 0 || !sum.Unknown[i].Harmless || sum.Unknown[i].Value != "kVp" {
		t.Errorf("%+v", sum.Unknown)
	}
	for i, r := range records[:2] {
		if text := Caption(r, 1, i, 0); !strings.Contains(text, "zebra stripes") {
			t.Errorf("caption %q lost its finding", text)
		}
	}
}

// TestNothingUsable: paths of Windows, another form of Unicode and another case
// are found; where nothing is usable the error counts the reasons.
func TestNothingUsable(t *testing.T) {
	image := chest(64, 72, false)
	files := map[string][]byte{"images/chest.png": image, "e\u0301.png": image, "Big.PNG": image,
		"manifest.csv": []byte("file,labels\nimages\\chest.png,Effusion\n\u00e9.png,Effusion\nbig.png,Effusion\n")}
	if sum, _, err := prepareTable(t, files, nil); err != nil || sum.Images != 3 {
		t.Errorf("%d images, %v; want 3", sum.Images, err)
	}
	_, _, err := prepareTable(t, map[string][]byte{"text.png": []byte("no picture"), "empty.png": nil, "cut.png": image[:300], "blank.png": blank(t),
		"manifest.csv": []byte("file,labels\ngone.png,Mass\nlost.png,Mass\ntext.png,Mass\nempty.png,Mass\ncut.png,Mass\nblank.png,Mass\n../out.png,Mass\n,Mass\n")}, nil)
	if !errors.Is(err, ErrManifest) {
		t.Fatal(err)
	}
	for _, says := range []string{"none of its 8 rows gave an image", `2 no such file (such as "gone.png"`, `1 not a readable image (such as "text.png"`, "1 empty file", "1 damaged image", "1 blank", "1 file outside the folder", "1 no file named"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	if _, _, err := prepareTable(t, map[string][]byte{"manifest.csv": []byte("file,labels\n")}, nil); !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), "no rows") {
		t.Errorf("a head line alone: %v", err)
	}
}

// TestParts: no part of a split is empty, and what cannot be split is refused.
func TestParts(t *testing.T) {
	image := chest(64, 72, false)
	for seed := range 20 {
		sum, _, err := prepareTable(t, map[string][]byte{"1.png": image, "2.png": image, "manifest.csv": []byte("file,patient_id,view,labels\n1.png,a,PA,No Finding\n2.png,b,PA,Effusion\n")},
			func(o *Options) { o.Seed, o.TestFraction = uint64(seed), 0.5 })
		if err != nil || sum.Train != 1 || sum.Test != 1 {
			t.Errorf("seed %d: %d to train, %d to test, %v", seed, sum.Train, sum.Test, err)
		}
	}
	_, _, err := prepareTable(t, map[string][]byte{"1.png": image, "2.png": image, "manifest.csv": []byte("file,patient_id\n1.png,a\n2.png,a\n3.png,b\n")}, nil)
	if !errors.Is(err, ErrManifest) || !strings.Contains(err.Error(), "would be empty: the 2 images are of 1 patients") || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("one patient: %v", err)
	}
}

// TestLaterals: lateral images, files that are named twice, and files that no
// row names are left out and counted.
func TestLaterals(t *testing.T) {
	image := chest(64, 72, false)
	sum, records, err := prepareTable(t, map[string][]byte{"1.png": image, "2.png": image, "3.png": image, "sub/4.png": image, "notes.txt": []byte("x"),
		"manifest.csv": []byte("file,view,labels,sex,age\n1.png,Frontal,Effusion,Female,50\n2.png,LATERAL,No Finding,M,50\n3.png,AP Supine,Effusion,O,50\n1.png,PA,Mass,M,40\n")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 2 || sum.Reasons["not frontal"] != 1 || sum.Reasons["named twice"] != 1 || !slices.Equal(sum.Unnamed, []string{"notes.txt", "sub/4.png"}) {
		t.Errorf("%+v", sum)
	}
	if records[0].View != "" || records[1].View != "AP" || records[1].Sex != "" {
		t.Errorf("%+v", records)
	}
	for variant := range 50 { // a view that is none of the captions' ended in a crash
		Caption(records[0], 1, 0, variant)
	}
}

// TestSharedFile: a file that a table names under two patients is taken for each of
// them, and the summary says so; twice under one patient it is taken once.
func TestSharedFile(t *testing.T) {
	sum, records, err := prepareTable(t, map[string][]byte{"1.png": chest(64, 72, false),
		"manifest.csv": []byte("file,patient_id,labels,age\n1.png,1,Pleural Effusion,058Y\n1.png,2,effusion,45.0\n1.png,3,Effusion;Pneumonia,50\n1.png,4,\"Effusion, Pneumonia\",50\n1.png,1,Mass,50\n")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 4 || len(sum.Shared) != 3 || !strings.HasPrefix(sum.Shared[0], "1.png: in manifest.csv, line 2 and manifest.csv, line 3") || sum.Reasons["named twice"] != 1 {
		t.Errorf("%+v", sum)
	}
	for i, want := range [][]string{{"Effusion"}, {"Effusion"}, {"Effusion", "Pneumonia"}, {"Effusion", "Pneumonia"}} {
		if !slices.Equal(records[i].Labels, want) {
			t.Errorf("record %d has the labels %q, want %q", i, records[i].Labels, want)
		}
	}
	if records[0].Age != 58 || records[1].Age != 45 {
		t.Errorf("ages %d, %d", records[0].Age, records[1].Age)
	}
}

// TestLongRecords: a record that could not be read again is left out, and one
// that is as long as records may be is read.
func TestLongRecords(t *testing.T) {
	dir := t.TempDir()
	s, err := newStore(dir, Summary{Size: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	pixels := make([]byte, 64)
	for _, r := range []Record{{Split: Train, Patient: "a", Report: strings.Repeat("x", maxRecord-100)}, {Split: Train, Patient: "b", Report: strings.Repeat("<", maxRecord/6)}, {Split: Test, Patient: "c"}} {
		if err := s.add(pixels, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.finish(); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if len(p.Records) != 2 || len(p.Records[0].Report) != maxRecord-100 || s.sum.Reasons["report too long"] != 1 {
		t.Errorf("%d records, left out: %v", len(p.Records), s.sum.Reasons)
	}
}

func blank(t *testing.T) []byte {
	_, _, images := collection(t)
	return images["i/CXR7_1_IM-0007-1001.png"]
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte("file,labels,view,sex,age\n1.png,Effusion|zebra,PA,F,058Y\n"))
	f.Add([]byte("Path,Frontal/Lateral,Edema\n\"a\nb\",Lateral,-1.0\n"))
	f.Add([]byte("\xff\xfef\x00i\x00l\x00e\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var u unknowns
		rows, err := readRows(bytes.NewReader(data), "t.csv", &u)
		if err != nil {
			return
		}
		for i, r := range rows {
			if r.leftOut == "" && (!localFile(r.File) || r.View != "" && r.View != "PA" && r.View != "AP" || r.Age < 0 || r.Age >= maxAge) {
				t.Errorf("%+v", r)
			}
			if i < 3 {
				Caption(r.Record, 1, i, 0)
			}
		}
		refuseUnknown(u.sorted())
	})
}
