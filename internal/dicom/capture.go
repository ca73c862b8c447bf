package dicom

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// Capture is a synthetic image that is written as a Secondary Capture
// (PS3.3, A.8.1).
type Capture struct {
	Image *image.Gray
	// Synthetic and ModelName are texts of at most 64 bytes: that the image is
	// synthetic, and of which model.
	Synthetic, ModelName string
	Software             string // and its version
	Comment              string // such as the prompt; cut to what an element holds
	Settings             []byte // what the image can be made of again
	When                 time.Time
}

const (
	secondaryCapture = "1.2.840.10008.5.1.4.1.1.7"
	captureSyntax    = "1.2.840.10008.1.2.1"

	// uidRoot is that of UIDs which are a random UUID, and need no registration
	// (PS3.5, B.2).
	uidRoot = "2.25."
	// implementation names the writer; a UUID that was drawn once.
	implementation = uidRoot + "210868183460398364853209219237183391746"
	version        = "ROENTGO"
)

// The private ones that hold the settings (PS3.5, 7.8.1).
const (
	privateGroup   = 0x0071
	privateBlock   = 0x10
	privateCreator = "roentgo"
)

var (
	tagCreator  = tag.Tag{Group: privateGroup, Element: privateBlock}
	tagSettings = tag.Tag{Group: privateGroup, Element: privateBlock<<8 | 0x01}
)

const (
	maxComment = 10240 // characters of an LT
	maxLong    = 64    // characters of an LO
)

// Write writes the file, in Explicit VR Little Endian. The patient is none: the
// name and number say so. Its UIDs are new.
func (c *Capture) Write(w io.Writer) error {
	b := &elements{}
	c.file(b)
	c.patient(b)
	c.equipment(b)
	c.image(b)
	b.bytes(tagSettings, "OB", c.Settings)
	b.text(tagCreator, "LO", privateCreator)
	if b.err != nil {
		return fmt.Errorf("dicom: %w", b.err)
	}
	b.sort()
	if err := dicom.Write(w, dicom.Dataset{Elements: b.list}, dicom.SkipVRVerification()); err != nil {
		return fmt.Errorf("dicom: %w", err)
	}
	return nil
}

// file says what kind of file it is.
func (c *Capture) file(b *elements) {
	instance := b.newUID()
	b.put(tag.FileMetaInformationVersion, []byte{0, 1})
	b.put(tag.MediaStorageSOPClassUID, secondaryCapture)
	b.put(tag.MediaStorageSOPInstanceUID, instance)
	b.put(tag.TransferSyntaxUID, captureSyntax)
	b.put(tag.ImplementationClassUID, implementation)
	b.put(tag.ImplementationVersionName, version)
	b.put(tag.SOPClassUID, secondaryCapture)
	b.put(tag.SOPInstanceUID, instance)
	b.put(tag.SpecificCharacterSet, "ISO_IR 192") // UTF-8
	b.put(tag.SyntheticData, "YES")
}

// patient says that there is none, of whom there is a study and a series.
func (c *Capture) patient(b *elements) {
	date, at := c.When.Format("20060102"), c.When.Format("150405")
	study := b.newUID()
	b.put(tag.PatientName, "SYNTHETIC^NOT A PATIENT")
	b.put(tag.PatientID, "SYNTHETIC")
	b.put(tag.StudyInstanceUID, study)
	b.put(tag.SeriesInstanceUID, b.newUID())
	b.put(tag.StudyDate, date)
	b.put(tag.StudyTime, at)
	b.put(tag.ContentDate, date)
	b.put(tag.ContentTime, at)
	b.put(tag.StudyDescription, short(c.Synthetic, maxLong))
	b.put(tag.SeriesDescription, short(c.Synthetic, maxLong))
	b.put(tag.StudyID, "SYNTHETIC")
	b.put(tag.Modality, "OT")
	b.put(tag.BodyPartExamined, "CHEST")
	b.put(tag.SeriesNumber, "1")
	b.put(tag.InstanceNumber, "1")
	for _, empty := range []tag.Tag{tag.PatientBirthDate, tag.PatientSex, tag.ReferringPhysicianName, tag.AccessionNumber, tag.PatientOrientation} {
		b.put(empty, "")
	}
}

// equipment says that a program and its model made it.
func (c *Capture) equipment(b *elements) {
	b.put(tag.ConversionType, "SYN") // synthetic image
	b.put(tag.Manufacturer, "roentgo")
	b.put(tag.ManufacturerModelName, short(c.ModelName, maxLong))
	b.put(tag.SoftwareVersions, short(c.Software, maxLong))
	purpose := b.sequence(tag.PurposeOfReferenceCodeSequence, func(b *elements) {
		b.put(tag.CodeValue, "109102")
		b.put(tag.CodingSchemeDesignator, "DCM")
		b.put(tag.CodeMeaning, "Processing Equipment")
	})
	b.list = append(b.list, b.sequence(tag.ContributingEquipmentSequence, func(b *elements) {
		b.put(tag.Manufacturer, "roentgo")
		b.put(tag.ManufacturerModelName, short(c.ModelName, maxLong))
		b.put(tag.SoftwareVersions, short(c.Software, maxLong))
		b.put(tag.ContributionDescription, "Drawn by a diffusion model from text: "+c.Synthetic)
		b.list = append(b.list, purpose)
	}))
}

// image says what the pixels are.
func (c *Capture) image(b *elements) {
	width, height := c.Image.Rect.Dx(), c.Image.Rect.Dy()
	b.put(tag.ImageType, "DERIVED", "SECONDARY")
	b.put(tag.DerivationDescription, short(c.Synthetic, 1024))
	b.put(tag.ImageComments, short(c.Synthetic+". "+c.Comment, maxComment))
	b.put(tag.BurnedInAnnotation, "NO") // that would name a patient
	b.put(tag.RecognizableVisualFeatures, "NO")
	b.put(tag.LossyImageCompression, "00")
	b.put(tag.PhotometricInterpretation, "MONOCHROME2")
	b.put(tag.SamplesPerPixel, []int{1})
	b.put(tag.Rows, []int{height})
	b.put(tag.Columns, []int{width})
	b.put(tag.BitsAllocated, []int{8})
	b.put(tag.BitsStored, []int{8})
	b.put(tag.HighBit, []int{7})
	b.put(tag.PixelRepresentation, []int{0})
	if width < 1 || height < 1 || width > 1<<16-1 || height > 1<<16-1 {
		b.fail(fmt.Errorf("%d × %d pixels, sides of 1 to 65,535 are possible", width, height))
		return
	}
	pixels := make([]byte, 0, width*height+1)
	for y := range height {
		pixels = append(pixels, c.Image.Pix[y*c.Image.Stride:][:width]...)
	}
	if len(pixels)%2 != 0 {
		pixels = append(pixels, 0)
	}
	value, err := dicom.NewValue(dicom.PixelDataInfo{IntentionallyUnprocessed: true, UnprocessedValueData: pixels})
	b.fail(err)
	b.list = append(b.list, &dicom.Element{Tag: tag.PixelData, ValueRepresentation: tag.VRPixelData, RawValueRepresentation: "OB", Value: value})
}

// elements gathers those of a file, and the first error.
type elements struct {
	list []*dicom.Element
	err  error
}

func (b *elements) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// sort puts the elements in the order of their tags, as a file has them.
func (b *elements) sort() {
	slices.SortFunc(b.list, func(x, y *dicom.Element) int {
		return cmp.Or(cmp.Compare(x.Tag.Group, y.Tag.Group), cmp.Compare(x.Tag.Element, y.Tag.Element))
	})
}

// put adds an element of the standard: texts, or the slice that its kind takes.
func (b *elements) put(t tag.Tag, values ...any) {
	var data any
	texts := []string{}
	for _, v := range values {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		} else {
			data = v
		}
	}
	if data == nil {
		data = texts
	}
	e, err := dicom.NewElement(t, data)
	b.fail(err)
	b.list = append(b.list, e)
}

// text and bytes add elements that are not the standard's.
func (b *elements) text(t tag.Tag, vr, text string) {
	value, err := dicom.NewValue([]string{text})
	b.fail(err)
	b.list = append(b.list, &dicom.Element{Tag: t, ValueRepresentation: tag.GetVRKind(t, vr), RawValueRepresentation: vr, Value: value})
}

func (b *elements) bytes(t tag.Tag, vr string, data []byte) {
	if len(data)%2 != 0 {
		data = append(slices.Clone(data), ' ') // which JSON allows
	}
	value, err := dicom.NewValue(data)
	b.fail(err)
	b.list = append(b.list, &dicom.Element{Tag: t, ValueRepresentation: tag.GetVRKind(t, vr), RawValueRepresentation: vr, Value: value})
}

// sequence returns an element with one item.
func (b *elements) sequence(t tag.Tag, fill func(*elements)) *dicom.Element {
	item := &elements{}
	fill(item)
	b.fail(item.err)
	item.sort()
	e, err := dicom.NewElement(t, [][]*dicom.Element{item.list})
	b.fail(err)
	return e
}

// newUID draws a UID that nothing has.
func (b *elements) newUID() string {
	var u [16]byte
	rand.Read(u[:]) // never fails
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return uidRoot + new(big.Int).SetBytes(u[:]).String()
}

// short is the text as one value of at most max characters: without the sign
// that divides values, and without control characters.
func short(text string, max int) string {
	clean := []rune{}
	for _, r := range text {
		if r < ' ' || r == 0x7f || r == '\\' {
			r = ' '
		}
		clean = append(clean, r)
	}
	return string(clean[:min(len(clean), max)])
}

// ErrNoSettings is wrapped by the error of a file without settings.
var ErrNoSettings = errors.New("no settings of roentgo in the DICOM file")

// Settings are those of a Capture.
func (f *File) Settings() ([]byte, error) {
	e := f.element(tagSettings)
	if f.Text(tagCreator) != privateCreator || e == nil || e.Value.ValueType() != dicom.Bytes {
		return nil, ErrNoSettings
	}
	return dicom.MustGetBytes(e.Value), nil
}
