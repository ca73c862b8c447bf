package dataset

import (
	"bytes"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/frame"
	"github.com/suyashkumar/dicom/pkg/tag"
	"github.com/suyashkumar/dicom/pkg/uid"
)

// radiograph writes a DICOM file of 12 bits, of values that grey gives the
// pixels of an image, by the library's writer. fields are further elements.
func radiograph(t *testing.T, img *image.Gray, photometric string, grey func(x, y int, v uint8) uint16, fields map[tag.Tag]any) []byte {
	t.Helper()
	pixels := frame.NewNativeFrame[uint16](16, img.Rect.Dy(), img.Rect.Dx(), len(img.Pix), 1)
	for i, v := range img.Pix {
		pixels.RawData[i] = grey(i%img.Rect.Dx(), i/img.Rect.Dx(), v)
	}
	all := map[tag.Tag]any{
		tag.MediaStorageSOPClassUID: []string{"1.2.840.10008.5.1.4.1.1.1"}, tag.MediaStorageSOPInstanceUID: []string{"1.2.3"}, tag.TransferSyntaxUID: []string{uid.ExplicitVRLittleEndian},
		tag.SamplesPerPixel: []int{1}, tag.PhotometricInterpretation: []string{photometric}, tag.Rows: []int{img.Rect.Dy()}, tag.Columns: []int{img.Rect.Dx()},
		tag.BitsAllocated: []int{16}, tag.BitsStored: []int{12}, tag.HighBit: []int{11}, tag.PixelRepresentation: []int{0},
		tag.PixelData: dicom.PixelDataInfo{Frames: []*frame.Frame{{NativeData: pixels}}},
	}
	maps.Copy(all, fields)
	var set dicom.Dataset
	for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b tag.Tag) int { return a.Compare(b) }) {
		e, err := dicom.NewElement(k, all[k])
		if err != nil {
			t.Fatal(err)
		}
		set.Elements = append(set.Elements, e)
	}
	var b bytes.Buffer
	if err := dicom.Write(&b, set); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRadiographs: the image of a DICOM file is that of the plain one, as the
// file stores it.
func TestRadiographs(t *testing.T) {
	plain := real(t)
	want, err := usable(pngOf(t, plain), 64, FitSquash)
	if err != nil {
		t.Fatal(err)
	}
	bright := func(_, _ int, v uint8) uint16 { return uint16(v)*8 + 1000 }
	dark := func(_, _ int, v uint8) uint16 { return 4095 - uint16(v)*8 }
	window := func(center, width string) map[tag.Tag]any {
		return map[tag.Tag]any{tag.WindowCenter: []string{center}, tag.WindowWidth: []string{width}}
	}
	for name, c := range map[string]struct {
		file                          []byte
		windowed, own, hidden, turned bool
		off                           float64
	}{
		"no window":             {radiograph(t, plain, "MONOCHROME2", bright, nil), true, false, false, false, 20},
		"its window":            {radiograph(t, plain, "MONOCHROME2", bright, window("2020", "2040")), false, true, false, false, 1.5},
		"MONOCHROME1":           {radiograph(t, plain, "MONOCHROME1", dark, nil), true, false, false, false, 20},
		"MONOCHROME1, window":   {radiograph(t, plain, "MONOCHROME1", dark, window("3075", "2040")), false, true, false, false, 1.5},
		"a window beside it":    {radiograph(t, plain, "MONOCHROME2", bright, window("100", "50")), true, false, false, false, 20},
		"MONOCHROME2, negative": {radiograph(t, plain, "MONOCHROME2", dark, nil), true, false, false, true, 20},
		"padding": {radiograph(t, plain, "MONOCHROME2", func(x, y int, v uint8) uint16 {
			return map[bool]uint16{true: 4000, false: bright(x, y, v)}[y < storedMargin]
		}, map[tag.Tag]any{tag.PixelPaddingValue: []int{4000}}), true, false, true, false, 20},
	} {
		p, err := usable(c.file, 64, FitSquash)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if like, off := likeness(p.pixels, want.pixels, 64, 64*storedMargin/plain.Rect.Dx()+2); like < 0.98 || off > c.off {
			t.Errorf("%s: a correlation of %.3f with the plain image, a difference of %.1f", name, like, off)
		}
		if (p.Window != nil) != c.windowed || p.OwnWindow != c.own || (p.Hidden > 0) != c.hidden || p.Inverted != c.turned || p.Photometric == "" {
			t.Errorf("%s: %+v", name, p.Stored)
		}
	}
}

// TestRadiographTable: DICOM files say what their table does not, and the split
// keeps the images of one of their patients together.
func TestRadiographTable(t *testing.T) {
	plain := real(t)
	files, table := map[string][]byte{}, "file,labels\n"
	add := func(name string, fields map[tag.Tag]any) {
		files[name] = radiograph(t, plain, "MONOCHROME2", func(_, _ int, v uint8) uint16 { return uint16(v) * 16 }, fields)
		table += name + ",Effusion\n"
	}
	for i := range 12 {
		add(fmt.Sprintf("%d.dcm", i), map[tag.Tag]any{tag.PatientID: []string{fmt.Sprint("P", i/4)}, tag.PatientSex: []string{"F"}, tag.PatientAge: []string{"058Y"}, tag.ViewPosition: []string{"AP"}, tag.Modality: []string{"DX"}})
	}
	add("side.dcm", map[tag.Tag]any{tag.ViewPosition: []string{"LL"}})
	add("ct.dcm", map[tag.Tag]any{tag.Modality: []string{"CT"}})
	add("knee.dcm", map[tag.Tag]any{tag.BodyPartExamined: []string{"KNEE"}})
	files["cut.dcm"] = files["0.dcm"][:2000]
	table += "cut.dcm,Effusion\n"
	files["manifest.csv"] = []byte(table)
	sum, records, err := prepareTable(t, files, func(o *Options) { o.TestFraction = 0.3 })
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 12 || sum.DICOM != 12 || sum.Patients != 3 || sum.Test%4 != 0 || sum.Train%4 != 0 {
		t.Errorf("%+v", sum)
	}
	for _, reason := range []string{"not frontal", "not a radiograph", "not a chest", "damaged DICOM file"} {
		if sum.Reasons[reason] != 1 {
			t.Errorf("%d files are left out as %s: %v", sum.Reasons[reason], reason, sum.Skipped)
		}
	}
	if r := records[0]; r.View != "AP" || r.Sex != "F" || r.Age != 58 || r.Patient != "P0" {
		t.Errorf("%+v", r)
	}
	files["manifest.csv"] = []byte(strings.Replace(table, "file,labels\n", "file,labels,view\n", 1))
	files["manifest.csv"] = []byte(strings.ReplaceAll(string(files["manifest.csv"]), ",Effusion", ",Effusion,PA"))
	if _, _, err := prepareTable(t, files, nil); err == nil || !strings.Contains(err.Error(), `view "PA in the table, AP in the file", 12 times`) {
		t.Errorf("views that contradict each other: %v", err)
	}
}
