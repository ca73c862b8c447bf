package dicom

import (
	"bytes"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/roentgo/roentgo/internal/need"
)

// capture is an image with an odd number of pixels.
func capture() *Capture {
	img := image.NewGray(image.Rect(0, 0, 37, 21))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	return &Capture{Image: img, Synthetic: "Synthetic image, not for diagnosis", ModelName: "roentgo-mini", Software: "roentgo 1.2.3",
		Comment: "No effusion;\nolder\\newer, größer", Settings: []byte(`{"prompt":"a\\b\nc"}`), When: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func written(t *testing.T, c *Capture) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCapture(t *testing.T) {
	c := capture()
	data := written(t, c)
	f, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for tg, want := range map[tag.Tag]string{
		tag.PatientName: "SYNTHETIC^NOT A PATIENT", tag.PatientID: "SYNTHETIC", tag.ImageType: "DERIVED", tag.BurnedInAnnotation: "NO",
		tag.ConversionType: "SYN", tag.SyntheticData: "YES", tag.StudyDate: "20300102", tag.Modality: "OT",
		tag.ImageComments: "Synthetic image, not for diagnosis. No effusion; older newer, größer",
	} {
		if got := f.Text(tg); got != want {
			t.Errorf("%v is %q, want %q", tg, got, want)
		}
	}
	if !strings.HasPrefix(f.Text(tag.SOPInstanceUID), uidRoot) || f.Text(tag.SOPInstanceUID) == f.Text(tag.StudyInstanceUID) {
		t.Errorf("UIDs %q, %q", f.Text(tag.SOPInstanceUID), f.Text(tag.StudyInstanceUID))
	}
	settings, err := f.Settings()
	if err != nil || strings.TrimSpace(string(settings)) != string(c.Settings) {
		t.Errorf("settings %q (%v)", settings, err)
	}
	img, err := f.Image(true)
	if err != nil || img.Width != 37 || img.Height != 21 || img.Negative || img.Deep {
		t.Fatalf("%+v (%v)", img, err)
	}
	for i, v := range img.Levels {
		if v != uint16(c.Image.Pix[i]) {
			t.Fatalf("pixel %d is %d, want %d", i, v, c.Image.Pix[i])
		}
	}
	if again := written(t, c); bytes.Equal(again, data) {
		t.Error("two files have the same UIDs")
	}
	c.Image = image.NewGray(image.Rect(0, 0, 0, 4))
	if err := c.Write(&bytes.Buffer{}); err == nil {
		t.Error("an image of no pixels was written")
	}
}

// TestNoSettings reads a file of another program.
func TestNoSettings(t *testing.T) {
	data := bytes.Replace(written(t, capture()), []byte("q\x00\x10\x00LO\x08\x00roentgo "), []byte("q\x00\x10\x00LO\x08\x00another "), 1)
	f, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Settings(); !errors.Is(err, ErrNoSettings) {
		t.Errorf("error %v", err)
	}
}

// TestCaptureByOthers has other programs check a file: David Clunie's dciodvfy,
// and pydicom.
func TestCaptureByOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.dcm")
	if err := os.WriteFile(path, written(t, capture()), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Run("dciodvfy", func(t *testing.T) {
		text, err := exec.Command(need.Program(t, "dciodvfy"), "-new", path).CombinedOutput() // its status is 1 after an error
		if !strings.Contains(string(text), "SCImage") {
			t.Errorf("%v\n%s", err, text)
		}
		for line := range strings.Lines(string(text)) {
			// Synthetic Data is newer than the program's dictionary.
			if strings.HasPrefix(line, "Error") && !strings.Contains(line, "(0008,001c)") {
				t.Error(line)
			}
		}
	})
	t.Run("pydicom", func(t *testing.T) {
		text, err := exec.Command(need.Python(t, "pydicom"), "-c", `import sys, pydicom
d = pydicom.dcmread(sys.argv[1])
d.walk(lambda _, e: e.value)
assert len(d.PixelData) == 778 and (d.Rows, d.Columns) == (21, 37)
print(d.SOPClassUID, d.file_meta.TransferSyntaxUID, d.PatientName, d.ContributingEquipmentSequence[0].Manufacturer)`, path).CombinedOutput()
		if want := secondaryCapture + " " + captureSyntax + " SYNTHETIC^NOT A PATIENT roentgo\n"; err != nil || string(text) != want {
			t.Errorf("%v: %q, want %q", err, text, want)
		}
	})
}
