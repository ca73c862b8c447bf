package table

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func inUTF16(text string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(text)) {
		lo, hi := byte(u), byte(u>>8)
		if big {
			lo, hi = hi, lo
		}
		b.WriteByte(lo)
		b.WriteByte(hi)
	}
	return b.String()
}

func readAll(text string) (rows [][]string, err error) {
	t, err := NewReader(strings.NewReader(text))
	for err == nil {
		var fields []string
		if fields, _, err = t.Read(); err == nil {
			rows = append(rows, fields)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return rows, err
}

func TestForms(t *testing.T) {
	want := [][]string{{"file", "labels"}, {"é.png", "a, b; c"}}
	plain := "file,labels\né.png,\"a, b; c\"\n"
	for name, text := range map[string]string{
		"plain":               plain,
		"mark":                "\ufeff" + plain,
		"mark before a quote": "\ufeff\"file\",\"labels\"\n\"é.png\",\"a, b; c\"\n",
		"semicolons":          "file;labels\né.png;\"a, b; c\"\n",
		"tabs":                "file\tlabels\né.png\ta, b; c\n",
		"bars":                "file|labels\né.png|a, b; c\n",
		"named separator":     "sep=;\r\nfile;labels\r\né.png;\"a, b; c\"\r\n",
		"CR LF":               strings.ReplaceAll(plain, "\n", "\r\n"),
		"CR":                  strings.ReplaceAll(plain, "\n", "\r"),
		"no last line end":    strings.TrimSuffix(plain, "\n"),
		"empty lines":         strings.ReplaceAll(plain, "\n", "\n\n"),
		"spaces":              "file, labels\né.png, \"a, b; c\"\n",
		"UTF-16":              inUTF16("\ufeff"+plain, false),
		"UTF-16 big":          inUTF16("\ufeff"+plain, true),
		"UTF-16, tabs":        inUTF16("\ufefffile\tlabels\r\né.png\ta, b; c\r\n", false),
		"UTF-16, no mark":     inUTF16(plain, false),
		"big, no mark":        inUTF16(plain, true),
		"Windows-1252":        strings.ReplaceAll(plain, "é", "\xe9"),
	} {
		if got, err := readAll(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	got, err := readAll("file,report\n1.png,\"first\nsecond; third\"\n")
	if err != nil || got[1][1] != "first\nsecond; third" {
		t.Errorf("a quoted line break: %q, %v", got, err)
	}
	if got := Text([]byte("\xff\xfec\x00a\x00f\x00\xe9\x00")); got != "café" {
		t.Errorf("Text: %q", got)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]error{"sep=x\nfilexlabels\n": ErrForm, "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!": ErrForm} {
		if _, err := readAll(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := readAll("a,b\n\"x,y\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a quote without an end: %v", err)
	}
}

// TestTooLarge reads a table of more than the bound: it ends in an error, never
// early as if it were whole.
func TestTooLarge(t *testing.T) {
	line := strings.Repeat("x", 1<<20-2) + ",\n"
	r, err := NewReader(io.MultiReader(strings.NewReader("a,b\n"), endless(line)))
	for err == nil {
		_, _, err = r.Read()
	}
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

func endless(text string) io.Reader { return &repeated{text: text} }

type repeated struct {
	text string
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func TestKey(t *testing.T) {
	for name, want := range map[string]string{" Image Index ": "imageindex", "image_index": "imageindex", "Follow-up #": "followup", "größe": "größe"} {
		if got := Key(name); got != want {
			t.Errorf("Key(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "\ufeff\"a\";b\r1;2", inUTF16("\ufeffa\tb\n1\t2", false), "sep=|\na|b\n", "\xe9,\"", "a\x00b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readAll(text)
		if err == nil && len(rows) > len(text)+1 {
			t.Error(fmt.Sprint(len(rows), " rows of ", len(text), " bytes"))
		}
	})
}
