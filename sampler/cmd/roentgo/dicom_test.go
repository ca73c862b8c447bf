package main

import (
	"bytes"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/dicom"
	"github.com/roentgo/roentgo/internal/samplertest"
)

// TestDICOM writes images as DICOM files: they hold the pixels of the PNG, are
// made again from their settings, and are kept when the command is given again.
func TestDICOM(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv(modelVariable, samplertest.Tiny(t))
	run := func(says string, args ...string) {
		t.Helper()
		if status, stdout, stderr := roentgo(t, append([]string{"sample", "--device", "cpu", "--steps", "1"}, args...)...); status != 0 || !strings.Contains(stdout+stderr, says) {
			t.Fatalf("%q: status %d, %q, %q", args, status, stdout, stderr)
		}
	}
	pixels := func(name string) *image.Gray {
		t.Helper()
		img, err := readImage(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	run("x.dcm", "--seed", "7", "--out", at("x.dcm"), "pleural effusion\\")
	run("x.png", "--seed", "7", "--out", at("x.png"), "pleural effusion\\")
	if a, b := pixels("x.dcm"), pixels("x.png"); a.Rect != b.Rect || !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the pixels differ from those of the PNG")
	}
	s, err := readSettings(at("x.dcm"))
	if err != nil || s.Prompt != `pleural effusion\` || s.Seed != 7 {
		t.Errorf("%+v (%v)", s, err)
	}
	if status, _, stderr := roentgo(t, "sample", "--device", "cpu", "--from", at("x.dcm"), "--out", at("again.png")); status != 0 {
		t.Fatal(stderr)
	}
	if !bytes.Equal(read(t, at("again.png")), read(t, at("x.png"))) {
		t.Error("made again from the DICOM file, the PNG is another")
	}
	f, err := dicom.Read(read(t, at("x.dcm")))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := f.Image(true); err != nil || img.Width != 64 {
		t.Errorf("%+v (%v)", img, err)
	}
	run("y-2.dcm", "--seed", "1", "--count", "2", "--out", at("y.dcm"))
	run("2 of 3 images are there already", "--seed", "1", "--count", "3", "--out", at("y.dcm"))
	write(t, at("cut.dcm"), string(read(t, at("x.dcm"))[:1000]))
	refused(t, dir, 1, "damaged", "sample", "--from", at("cut.dcm"), "--out", at("new.png"))
}
