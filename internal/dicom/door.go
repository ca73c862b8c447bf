package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"
)

// The library makes room for a value as long as the file declares it, up to
// 4 GiB, panics where an element has not the form that it expects, and keeps
// each element and string apart. So the door walks the file first as the
// library will, and lets in only what is whole and bounded.

// What a file may hold beside its pixels.
const (
	maxElements = 1 << 16
	maxDepth    = 16       // of sequences
	maxValues   = 2 << 20  // bytes of texts and numbers, which the library keeps one by one
	maxBytes    = 32 << 20 // bytes of the values that it keeps as they are, such as overlays
)

// preamble is how long a file is before its first element (PS3.10, 7.1).
const (
	preamble = 128
	magic    = "DICM"
)

// undefined is the length of a value that ends with a delimiter.
const undefined = math.MaxUint32

// longForm are the value representations with a length of 32 bits, shortForm
// those of 16 (PS3.5, 7.1.2), as the library knows them.
const (
	longForm  = " OB OD OF OL OW SQ UN UC UR UT "
	shortForm = " AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US "
)

// walker checks the elements of a file.
type walker struct {
	data                    []byte
	at                      int
	order                   binary.ByteOrder
	implicit                bool
	elements, values, bytes int
	syntax                  string // of the transfer
	end                     int    // of the pixel data; 0: there are none
}

// header is the start of an element.
type header struct {
	tag    tag.Tag
	vr     string
	length uint32
}

// check walks a file. It returns its transfer syntax, and where its pixel data
// end: what comes after them is not read.
func check(data []byte) (syntax string, end int, err error) {
	if !hasPreamble(data) {
		return "", 0, errors.New("not a DICOM file: it does not begin with a preamble and DICM")
	}
	w := walker{data: data, at: preamble + len(magic), order: binary.LittleEndian}
	if err := w.meta(); err != nil {
		return "", 0, err
	}
	form, known := syntaxes[w.syntax]
	if !known || form.cannot != "" {
		return "", 0, unreadable(w.syntax)
	}
	w.order, w.implicit = form.order, form.implicit
	for w.at < len(data) && w.end == 0 {
		h, err := w.header(len(data))
		if err == nil {
			err = w.value(h, len(data), 0)
		}
		if err != nil {
			return "", 0, err
		}
		if h.tag == tag.PixelData {
			w.end = w.at
		}
	}
	if w.end == 0 {
		return "", 0, errors.New("no image: the file has no pixel data")
	}
	return w.syntax, w.end, nil
}

// meta walks the elements of group 2, which say how the others are written.
func (w *walker) meta() error {
	h, err := w.header(len(w.data))
	if err != nil {
		return err
	}
	if h.tag != tag.FileMetaInformationGroupLength || h.vr != "UL" || h.length != 4 || len(w.data)-w.at < 4 {
		return w.damaged("the length of the file's own description is missing")
	}
	length := w.order.Uint32(w.data[w.at:])
	w.at += 4
	if uint64(length) > uint64(len(w.data)-w.at) {
		return w.damaged("its description has %d bytes, the file %d more", length, len(w.data)-w.at)
	}
	for end := w.at + int(length); w.at < end; {
		h, err := w.header(end)
		if err != nil {
			return err
		}
		if h.tag.Group != tag.MetadataGroup {
			return w.damaged("%v is in the file's description", h.tag)
		}
		from := w.at
		if err := w.value(h, end, 0); err != nil {
			return err
		}
		if h.tag == tag.TransferSyntaxUID {
			w.syntax = strings.Trim(string(w.data[from:w.at]), " \x00")
		}
	}
	if w.syntax == "" {
		return w.damaged("it does not say its transfer syntax")
	}
	return nil
}

// header reads the start of an element that must end before end.
func (w *walker) header(end int) (h header, err error) {
	if w.elements++; w.elements > maxElements {
		return h, fmt.Errorf("too many elements: more than %d", maxElements)
	}
	if end-w.at < 8 {
		return h, w.damaged("it ends in an element")
	}
	b := w.data[w.at:]
	h.tag = tag.Tag{Group: w.order.Uint16(b), Element: w.order.Uint16(b[2:])}
	switch long := w.order.Uint32(b[4:]); {
	case h.tag == tag.Item || h.tag == tag.SequenceDelimitationItem || h.tag == tag.ItemDelimitationItem:
		h.vr, h.length = "NA", long
	case w.implicit:
		h.vr, h.length = implicitVR(h.tag), long
	default:
		h.vr = string(b[4:6])
		switch {
		case strings.Contains(shortForm, " "+h.vr+" "):
			if h.length = uint32(w.order.Uint16(b[6:])); h.length == math.MaxUint16 {
				return h, w.damaged("%v has no length", h.tag)
			}
		case !strings.Contains(longForm, " "+h.vr+" "):
			return h, w.damaged("%v has the value representation %q", h.tag, h.vr)
		case end-w.at < 12:
			return h, w.damaged("it ends in an element")
		default:
			h.length = w.order.Uint32(b[8:])
			w.at += 4
		}
	}
	w.at += 8
	return h, nil
}

// implicitVR is the value representation that the library gives a tag of a
// file that does not state them.
func implicitVR(t tag.Tag) string {
	info, err := tag.Find(t)
	switch {
	case err != nil:
		return "UN"
	case t == tag.PixelData || info.Tag == tag.OverlayData:
		return "OW"
	}
	return info.VRs[0]
}

// value walks over the value of an element that must end before end.
func (w *walker) value(h header, end, depth int) error {
	switch {
	case depth > maxDepth:
		return fmt.Errorf("too many sequences: more than %d in one another", maxDepth)
	case h.tag == tag.Item || h.tag == tag.SequenceDelimitationItem || h.tag == tag.ItemDelimitationItem:
		return w.damaged("%v is outside of a sequence", h.tag)
	case (h.tag == tag.SpecificCharacterSet && h.vr != "CS") || (h.tag == tag.TransferSyntaxUID && h.vr != "UI"):
		return w.damaged("%v has the value representation %q", h.tag, h.vr)
	case h.tag == tag.PixelData && h.length == undefined:
		return w.fragments(end, 1)
	case h.tag == tag.PixelData:
		return w.skip(h, end, nil)
	case h.vr == "SQ" || h.vr == "UN" && h.length == undefined:
		return w.sequence(h, end, depth)
	case h.vr == "OB" || h.vr == "OW":
		if h.length == undefined {
			return w.fragments(end, 0)
		}
		fallthrough
	case h.vr == "UN":
		return w.skip(h, end, &w.bytes)
	}
	return w.skip(h, end, &w.values)
}

// width is how many bytes a number of a value representation has.
var width = map[string]uint32{"US": 2, "SS": 2, "AT": 2, "OW": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8}

// skip passes over a value of a length that is declared, and counts it.
func (w *walker) skip(h header, end int, count *int) error {
	switch {
	case uint64(h.length) > uint64(end-w.at):
		return w.damaged("%v declares %d bytes, %d are left", h.tag, h.length, end-w.at)
	case width[h.vr] > 0 && h.length%width[h.vr] != 0:
		return w.damaged("%v, of %s, has %d bytes", h.tag, h.vr, h.length)
	}
	w.at += int(h.length)
	if count != nil {
		*count += int(h.length)
	}
	if w.values > maxValues || w.bytes > maxBytes {
		return fmt.Errorf("too much beside the image: more than %d bytes of text or %d of other values", maxValues, maxBytes)
	}
	return nil
}

// fragments passes over the items of a value that is in pieces, of which there
// must be a number at least.
func (w *walker) fragments(end, least int) error {
	for n := 0; ; n++ {
		h, err := w.header(end)
		switch {
		case err != nil:
			return err
		case h.tag == tag.SequenceDelimitationItem && h.length == 0 && n >= least:
			return nil
		case h.tag != tag.Item || h.length == undefined:
			return w.damaged("%v is among pieces of a value", h.tag)
		}
		if err := w.skip(h, end, nil); err != nil {
			return err
		}
	}
}

// sequence walks the items of a sequence.
func (w *walker) sequence(h header, end, depth int) error {
	if h.length != undefined {
		if uint64(h.length) > uint64(end-w.at) {
			return w.damaged("%v declares %d bytes, %d are left", h.tag, h.length, end-w.at)
		}
		end = w.at + int(h.length)
	}
	for h.length == undefined || w.at < end {
		item, err := w.header(end)
		switch {
		case err != nil:
			return err
		case h.length == undefined && item.tag == tag.SequenceDelimitationItem && item.length == 0:
			return nil
		case item.tag != tag.Item:
			return w.damaged("%v is between the items of a sequence", item.tag)
		}
		if err := w.item(item, end, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) item(h header, end, depth int) error {
	if h.length != undefined {
		if uint64(h.length) > uint64(end-w.at) {
			return w.damaged("an item declares %d bytes, %d are left", h.length, end-w.at)
		}
		end = w.at + int(h.length)
	}
	for h.length == undefined || w.at < end {
		e, err := w.header(end)
		if err != nil {
			return err
		}
		if h.length == undefined && e.tag == tag.ItemDelimitationItem && e.length == 0 {
			return nil
		}
		if err := w.value(e, end, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) damaged(format string, args ...any) error {
	return fmt.Errorf("damaged DICOM file: at byte %d %s", w.at, fmt.Sprintf(format, args...))
}
