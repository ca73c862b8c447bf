// Package table reads tables as spreadsheets and programs write them: fields
// separated by commas, semicolons, tabs or bars, lines that end in LF, CR LF or
// CR, in UTF-8, UTF-16 or Windows-1252, with a byte-order mark or without.
package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// MaxBytes bounds a table. A longer one is refused and never cut.
const MaxBytes = 256 << 20

var (
	// ErrTooLarge is wrapped by the error of a table of more than [MaxBytes].
	ErrTooLarge = fmt.Errorf("the table has more than %d MiB (give it in several files)", MaxBytes>>20)
	// ErrForm is wrapped by errors of a text that is not a table.
	ErrForm = errors.New("not a table")
)

// maxHead is how many bytes are looked at to learn the form of a table.
const maxHead = 64 << 10

// Reader reads the lines of a table.
type Reader struct {
	csv     *csv.Reader
	limited *io.LimitedReader
}

// NewReader learns the form of a table from its beginning.
func NewReader(r io.Reader) (*Reader, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	start := bufio.NewReaderSize(limited, maxHead)
	head, err := start.Peek(maxHead)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if e := encodingOf(head); e != nil {
		start = bufio.NewReaderSize(transform.NewReader(start, e.NewDecoder()), maxHead)
	} else if bytes.HasPrefix(head, mark) {
		if _, err := start.Discard(len(mark)); err != nil {
			return nil, err
		}
	}
	if head, err = start.Peek(maxHead); err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return nil, fmt.Errorf("%w: it has bytes of zero, as files of other kinds have (save the spreadsheet as CSV)", ErrForm)
	}
	comma := byte(0)
	if named := bytes.TrimPrefix(head, []byte("sep=")); len(named) < len(head) && len(named) > 1 && bytes.IndexByte([]byte("\r\n"), named[1]) >= 0 {
		comma = named[0] // a line by which spreadsheets say what separates
		end := len("sep=") + 2
		for end < len(head) && (head[end] == '\n' || head[end] == '\r') {
			end++
		}
		if _, err := start.Discard(end); err != nil {
			return nil, err
		}
		head = head[end:]
	}
	if comma == 0 {
		comma = separator(head)
	}
	var text io.Reader = start
	if bytes.IndexByte(head, '\r') >= 0 && bytes.IndexByte(head, '\n') < 0 {
		text = carriageReturns{start}
	}
	t := &Reader{csv.NewReader(text), limited}
	t.csv.Comma, t.csv.FieldsPerRecord, t.csv.TrimLeadingSpace = rune(comma), -1, comma != '\t'
	if !strings.ContainsRune(",;\t|", t.csv.Comma) {
		return nil, fmt.Errorf("%w: its fields are separated by %q (use commas, semicolons, tabs or bars)", ErrForm, comma)
	}
	return t, nil
}

// Read returns the fields of the next line that is not empty, and the line's
// number in the file. The error is io.EOF after the last.
func (t *Reader) Read() (fields []string, line int, err error) {
	fields, err = t.csv.Read()
	switch {
	case t.limited.N <= 0:
		return nil, 0, ErrTooLarge
	case err != nil:
		return nil, 0, err
	}
	line, _ = t.csv.FieldPos(0)
	return fields, line, nil
}

var mark = []byte("\xef\xbb\xbf")

// encodingOf is the encoding of a text by its beginning; nil for UTF-8.
func encodingOf(head []byte) encoding.Encoding {
	utf16 := func(e unicode.Endianness, m unicode.BOMPolicy) encoding.Encoding { return unicode.UTF16(e, m) }
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return utf16(unicode.LittleEndian, unicode.ExpectBOM)
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return utf16(unicode.LittleEndian, unicode.IgnoreBOM)
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return utf16(unicode.BigEndian, unicode.IgnoreBOM)
	case !validStart(head):
		return charmap.Windows1252
	}
	return nil
}

// validStart reports whether bytes are UTF-8, of which the last rune may be
// cut.
func validStart(b []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(b) {
			return true
		}
		if len(b) < maxHead-utf8.UTFMax {
			return false // nothing was cut
		}
		b = b[:len(b)-1]
	}
	return false
}

// Text decodes a text of an encoding that NewReader knows.
func Text(data []byte) string {
	if e := encodingOf(data[:min(len(data), maxHead)]); e != nil {
		if text, err := e.NewDecoder().Bytes(data); err == nil {
			return string(text)
		}
	}
	return strings.ToValidUTF8(string(bytes.TrimPrefix(data, mark)), "\ufffd")
}

// separator is what the first line has most of, outside quotes.
func separator(head []byte) byte {
	var count [256]int
	quoted := false
scan:
	for _, c := range head {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\n' || c == '\r':
			break scan
		default:
			count[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte(";\t|") {
		if count[c] > count[best] {
			best = c
		}
	}
	return best
}

// carriageReturns makes CR the LF that it stands for.
type carriageReturns struct{ r io.Reader }

func (c carriageReturns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// Key is a name as heads of columns are compared: without case, marks and
// spaces, so that "Image Index", "image_index" and " ImageIndex" are one.
func Key(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 127 && r != '\u00a0' && r != '\ufeff':
			return r
		}
		return -1
	}, name)
}
