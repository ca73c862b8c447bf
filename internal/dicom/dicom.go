// Package dicom reads DICOM files of one image, such as radiographs, from
// untrusted sources: every length that a file declares is checked before
// anything makes room for it. The numbers of sections are those of the DICOM
// standard, PS3.
package dicom

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// File is a DICOM file.
type File struct {
	set    dicom.Dataset
	syntax string
}

// Head is how many bytes of a file Is needs.
const Head = preamble + len(magic)

// Is reports whether data begin as a DICOM file does, be it without its preamble.
func Is(data []byte) bool {
	described, syntax := bare(data)
	return hasPreamble(data) || described || syntax != ""
}

func hasPreamble(data []byte) bool {
	return len(data) >= Head && string(data[preamble:Head]) == magic
}

// Read reads a file with pixel data. What follows these is not read.
func Read(data []byte) (f *File, err error) {
	// What the door has overseen ends in an error all the same: the library
	// asserts the types of values.
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("damaged DICOM file: %v", r)
		}
	}()
	return read(data)
}

func read(data []byte) (*File, error) {
	data = whole(data)
	syntax, end, err := check(data)
	if err != nil {
		return nil, err
	}
	set, err := dicom.Parse(bytes.NewReader(data[:end]), int64(end), nil, dicom.SkipProcessingPixelDataValue(), dicom.AllowUnknownSpecificCharacterSet())
	if err != nil {
		return nil, fmt.Errorf("damaged DICOM file: %w", err)
	}
	return &File{set: set, syntax: syntax}, nil
}

// Text is the first text of an element, or empty.
func (f *File) Text(t tag.Tag) string {
	if texts := f.texts(t); len(texts) > 0 {
		return strings.Trim(texts[0], " \x00")
	}
	return ""
}

func (f *File) texts(t tag.Tag) []string {
	e, err := f.set.FindElementByTag(t)
	if err != nil || e.Value.ValueType() != dicom.Strings {
		return nil
	}
	return dicom.MustGetStrings(e.Value)
}

// integer is the first number of an element, or what it is where it is absent.
func (f *File) integer(t tag.Tag, absent int) int {
	if list := integers(f.element(t)); len(list) > 0 {
		return list[0]
	}
	return absent
}

func (f *File) element(t tag.Tag) *dicom.Element {
	e, err := f.set.FindElementByTag(t)
	if err != nil {
		return nil
	}
	return e
}

// integers are the numbers of an element of US, SS, UL, SL, or of words.
func integers(e *dicom.Element) []int {
	switch {
	case e == nil:
	case e.Value.ValueType() == dicom.Ints:
		return dicom.MustGetInts(e.Value)
	case e.Value.ValueType() == dicom.Bytes: // the library makes words of OW little-endian
		b := dicom.MustGetBytes(e.Value)
		list := make([]int, len(b)/2)
		for i := range list {
			list[i] = int(b[2*i]) | int(b[2*i+1])<<8
		}
		return list
	}
	return nil
}

// number is the first number of an element of decimal strings. ok is false
// where it is absent or not finite.
func (f *File) number(t tag.Tag) (v float64, ok bool) {
	v, err := strconv.ParseFloat(f.Text(t), 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// item is the first item of a sequence.
func (f *File) item(t tag.Tag) *File {
	e := f.element(t)
	if e == nil || e.Value.ValueType() != dicom.Sequences {
		return nil
	}
	items, ok := e.Value.GetValue().([]*dicom.SequenceItemValue)
	if !ok || len(items) == 0 {
		return nil
	}
	elements, ok := items[0].GetValue().([]*dicom.Element)
	if !ok {
		return nil
	}
	return &File{set: dicom.Dataset{Elements: elements}, syntax: f.syntax}
}
