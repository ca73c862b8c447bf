package dataset

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
	"github.com/roentgo/roentgo/internal/specimen"
)

// makeManifest writes n generated PNGs, 16-bit and 8-bit, two a patient, a
// damaged file and a CSV over them.
func makeManifest(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	csv := "file,source,licence,licence_class,patient_id,view,labels,sex,age\n"
	for i := range n {
		img := image.NewGray16(image.Rect(0, 0, 40, 32+8*(i%2)))
		for y := range img.Rect.Dy() {
			for x := range 40 {
				img.SetGray16(x, y, color.Gray16{Y: uint16(1600*x + i)})
			}
		}
		name := fmt.Sprintf("%d.png", i)
		specimen.WritePNG(t, filepath.Join(dir, name), img)
		class := "A"
		if i%5 == 4 {
			class = "B"
		}
		csv += fmt.Sprintf("%s,made,CC0,%s,patient-%d,ap,Effusion|Mass,f,0%d\n", name, class, i/2, 40+i%10)
	}
	csv += "broken.png,made,CC0,A,p,PA,No Finding,M,33\nmissing.png,made,CC0,A,p,PA,No Finding,M,33\n"
	if err := os.WriteFile(filepath.Join(dir, "broken.png"), []byte("\x89PNG\r\n\x1a\nno"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "manifest.csv")
	if err := os.WriteFile(path, []byte(csv), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrepare(t *testing.T) {
	manifest := makeManifest(t, 100)
	out := filepath.Join(t.TempDir(), "prepared")
	o := Options{Manifests: []string{manifest}, Out: out, LicenceClass: "A", Size: 16, Seed: 1, TestFraction: 0.2}
	sum, err := Prepare(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 80 || len(sum.Skipped) != 22 || sum.Train+sum.Test != 80 || sum.Test < 4 || sum.Test > 32 {
		t.Errorf("summary %+v: want 80 images, 22 left out, about 16 in the test set", sum)
	}
	p, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	split := map[string]string{}
	for _, r := range p.Records {
		if s, ok := split[r.Patient]; ok && s != r.Split {
			t.Errorf("patient %s is in both parts", r.Patient)
		}
		split[r.Patient] = r.Split
	}
	if r := p.Records[0]; r.View != "AP" || r.Sex != "F" || r.Age != 40 || !r.Has("Mass") || r.Has("Edema") {
		t.Errorf("record %+v", r)
	}
	x := make([]float32, 16*16)
	if err := p.Image(0, x); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 16; i++ {
		if x[i] <= x[i-1] || x[i] < -1 || x[i] > 1 {
			t.Errorf("a ramp from dark to light became %v", x[:16])
			break
		}
	}
	if _, err := Prepare(context.Background(), o); !errors.Is(err, ErrOptions) {
		t.Errorf("preparing into an existing folder: error %v, want ErrOptions", err)
	}
	o.Out += "2"
	again, err := Prepare(context.Background(), o)
	if err != nil || again.ImagesSHA256 != sum.ImagesSHA256 || again.RecordsSHA256 != sum.RecordsSHA256 {
		t.Errorf("a second run gave other files: %v", err)
	}
	// A file that is cut while it is open is an error, not the end of the program.
	if err := os.Truncate(filepath.Join(out, imagesFile), 79*256+5); err != nil {
		t.Fatal(err)
	}
	if err := p.Image(79, x); !errors.Is(err, ErrPrepared) || !strings.Contains(err.Error(), "changed while it was open") {
		t.Errorf("an image that was cut: error %v, want ErrPrepared", err)
	}
	if err := p.Image(78, x); err != nil {
		t.Errorf("an image before the cut: %v", err)
	}
	if err := os.WriteFile(filepath.Join(out, imagesFile), make([]byte, 80*256), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(out); !errors.Is(err, ErrPrepared) {
		t.Errorf("opening a changed folder: error %v, want ErrPrepared", err)
	}
}

func TestPrepareErrors(t *testing.T) {
	good := makeManifest(t, 4)
	bad := filepath.Join(t.TempDir(), "bad.csv")
	write := func(text string) string {
		if err := os.WriteFile(bad, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return bad
	}
	for name, c := range map[string]struct {
		o    Options
		want error
	}{
		"size":      {Options{Manifests: []string{good}, Size: 17}, ErrOptions},
		"fit":       {Options{Manifests: []string{good}, Fit: "stretch"}, ErrOptions},
		"fraction":  {Options{Manifests: []string{good}, TestFraction: 1}, ErrOptions},
		"missing":   {Options{Manifests: []string{"nowhere.csv"}}, ErrManifest},
		"no images": {Options{Manifests: []string{good}, LicenceClass: "Z"}, ErrManifest},
		"no column": {Options{Manifests: []string{write("name\nx\n")}}, ErrManifest},
	} {
		c.o.Out = filepath.Join(t.TempDir(), "out")
		if _, err := Prepare(context.Background(), c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
	_, err := Prepare(context.Background(), Options{Manifests: []string{write("file\n../../etc/passwd\n")}, Out: filepath.Join(t.TempDir(), "out")})
	if !errors.Is(err, ErrManifest) {
		t.Errorf("a file outside the folder: error %v, want ErrManifest", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Prepare(ctx, Options{Manifests: []string{good}, Out: out}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a cancelled run left its folder")
	}
}

// TestPrepareSpecimens prepares real images, all of which can be used.
func TestPrepareSpecimens(t *testing.T) {
	sum, err := Prepare(context.Background(), Options{Manifests: []string{specimen.Manifest()}, Out: filepath.Join(t.TempDir(), "out"), LicenceClass: "A", Size: 64, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != specimen.Images || sum.Patients != specimen.Images || sum.Sources["nih"] != specimen.Images {
		t.Errorf("%d images of %d patients, of %v; want %d", sum.Images, sum.Patients, sum.Sources, specimen.Images)
	}
}

func TestPrepareRealManifest(t *testing.T) {
	manifest := need.Data(t, "cxr-open", "manifest.csv")
	sum, err := Prepare(context.Background(), Options{Manifests: []string{manifest}, Out: filepath.Join(t.TempDir(), "out"), LicenceClass: "A", Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Images != 1801 || sum.Sources["nih"] != 1574 || sum.Sources["cxnet"] != 0 || sum.Test < 100 || sum.Test > 260 {
		t.Errorf("%d images of %v, %d in the test set; want 1801, 1574 of them NIH, about 180 in the test set", sum.Images, sum.Sources, sum.Test)
	}
}

// TestPrepareSeveral prepares two manifests with a patient in both: all images
// of the patient are in one part, and each file is found beside its own CSV.
func TestPrepareSeveral(t *testing.T) {
	first, second := makeManifest(t, 40), makeManifest(t, 60)
	out := filepath.Join(t.TempDir(), "prepared")
	sum, err := Prepare(context.Background(), Options{Manifests: []string{first, second}, Out: out, Size: 16, Seed: 1, TestFraction: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Rows != 104 || sum.Images != 100 || sum.Patients != 30 {
		t.Errorf("%d rows, %d images of %d patients; want 104, 100 and 30", sum.Rows, sum.Images, sum.Patients)
	}
	p, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	parts := map[string]string{}
	for _, r := range p.Records {
		if part, seen := parts[r.Patient]; seen && part != r.Split {
			t.Errorf("patient %s is in both parts", r.Patient)
		}
		parts[r.Patient] = r.Split
	}
	if _, err := Prepare(context.Background(), Options{Out: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, ErrOptions) {
		t.Errorf("without a manifest: %v, want ErrOptions", err)
	}
}
