package dataset

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"github.com/roentgo/roentgo/internal/dicom"
	"github.com/roentgo/roentgo/internal/regular"
)

// Kinds of DICOM files that hold a radiograph, by modality (PS3.3, C.7.3.1.1.1).
var radiography = []string{"", "CR", "DX", "DR", "RG", "RF", "XR", "OT", "SC"}

// otherParts are parts of the body that are not the chest, as files name them
// (PS3.16, L).
var otherParts = strings.Fields("ABDOMEN ANKLE ARM ELBOW FEMUR FINGER FOOT FOREARM HAND HEAD HIP HUMERUS JAW KNEE LEG LSPINE CSPINE NECK PELVIS SHOULDER SKULL SPINE TOE WRIST")

// decodeDICOM makes a film of a DICOM file, with the file's own window where it
// has one that shows the image.
func decodeDICOM(data []byte) (*film, error) {
	file, err := dicom.Read(data)
	if err != nil {
		return nil, err
	}
	f, err := dicomFilm(file, true)
	if err == nil && f.ownWindow {
		c := f.count()
		if c.percentile(0.99)-c.percentile(0.01) < ordinary {
			f, err = dicomFilm(file, false)
		}
	}
	return f, err
}

func dicomFilm(file *dicom.File, ownWindow bool) (*film, error) {
	img, err := file.Image(ownWindow)
	if err != nil {
		return nil, err
	}
	if err := checkSides(img.Width, img.Height); err != nil {
		return nil, err
	}
	return &film{width: img.Width, height: img.Height, levels: img.Levels, deep: img.Deep, hidden: img.Hidden,
		photometric: file.Text(tag.PhotometricInterpretation), ownWindow: img.Windowed}, nil
}

// isDICOM reports whether a file begins as DICOM files do.
func isDICOM(path string) bool {
	f, _, err := regular.Open(path)
	if err != nil {
		return false // who reads it says why
	}
	defer f.Close()
	start := make([]byte, 256)
	n, err := io.ReadFull(f, start)
	return err == nil && dicom.Is(start[:n])
}

// describe reads what DICOM files say of the patient and the image where their
// table says nothing. It comes before the split, which is by patient.
func describe(ctx context.Context, rows []row, paths []string, unknown *unknowns) error {
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &rows[i]
		if r.leftOut != "" || !isDICOM(paths[i]) {
			continue
		}
		data, err := readFile(paths[i], maxImageFile)
		if err != nil {
			continue // it is read again for its image, which says why
		}
		if file, err := dicom.Read(data); err == nil {
			r.describe(file, unknown)
		}
	}
	return nil
}

func (r *row) describe(file *dicom.File, unknown *unknowns) {
	if id := file.Text(tag.PatientID); id != "" && !r.patientSaid {
		r.Patient = id
	}
	if r.Sex == "" {
		r.Sex, _ = sexOf(file.Text(tag.PatientSex))
	}
	if years, ok := ageOf(file.Text(tag.PatientAge)); ok && r.Age == 0 {
		r.Age = years
	}
	view, lateral, ok := viewOf(file.Text(tag.ViewPosition))
	switch modality, part := file.Text(tag.Modality), strings.ToUpper(file.Text(tag.BodyPartExamined)); {
	case !slices.Contains(radiography, modality):
		r.leftOut = fmt.Sprintf("not a radiograph: its modality is %.16q", modality)
	case slices.Contains(otherParts, part):
		r.leftOut = "not a chest: it is of the " + strings.ToLower(part)
	case ok && lateral:
		r.leftOut = "not frontal: " + file.Text(tag.ViewPosition)
	case ok && r.View == "":
		r.View = view
	case ok && view != "" && view != r.View:
		unknown.add("view", r.View+" in the table, "+view+" in the file", r.where)
	}
}
