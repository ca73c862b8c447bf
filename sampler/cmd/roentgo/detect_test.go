package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/samplertest"
	"github.com/roentgo/roentgo/internal/specimen"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// TestDetect makes images with watermarks of the public key, of a secret, and
// without one, and looks for them.
func TestDetect(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv(modelVariable, "")
	write(t, at("secret"), "the secret of a test\n")
	for name, args := range map[string][]string{
		"public.png": nil, "public.dcm": nil, "own.png": {"--watermark-key", at("secret")}, "none.png": {"--no-watermark"},
	} {
		if status, _, stderr := roentgo(t, append([]string{"sample", "--device", "cpu", "--steps", "1", "--seed", "1", "--out", at(name)}, args...)...); status != 0 {
			t.Fatal(stderr)
		}
	}
	img, err := png.Decode(bytes.NewReader(read(t, at("public.png"))))
	if err != nil {
		t.Fatal(err)
	}
	var small bytes.Buffer
	if err := jpeg.Encode(&small, img, &jpeg.Options{Quality: 50}); err != nil {
		t.Fatal(err)
	}
	write(t, at("public.jpg"), small.String())
	write(t, at("text.png"), "no image")
	write(t, at("short"), "secret")

	found, absent := "watermark (score", "no watermark of this key"
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{at("public.png")}, 0, found}, {[]string{at("public.jpg")}, 0, ", of a model in this program"}, {[]string{at("public.dcm")}, 0, ", of a model in this program"},
		{[]string{at("own.png")}, 1, absent}, {[]string{at("none.png")}, 1, absent},
		{[]string{"--watermark-key", at("secret"), at("own.png")}, 0, found}, {[]string{"--watermark-key", at("secret"), at("public.png")}, 1, absent},
		{[]string{at("public.png"), at("none.png")}, 1, absent},
		{[]string{at("text.png")}, 1, "neither a PNG"}, {[]string{at("absent.png")}, 1, "no such file"},
		{[]string{"--watermark-key", at("short"), at("own.png")}, 2, "at least 16"}, {nil, 2, "arguments"},
	} {
		status, stdout, stderr := roentgo(t, append([]string{"detect"}, c.args...)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("detect %q: status %d, %q, %q; want %d and %q", c.args, status, stdout, stderr, c.status, c.says)
		}
	}
	var line struct {
		Found   bool   `json:"found"`
		Bits    string `json:"bits"`
		Shipped bool   `json:"shipped_model"`
	}
	_, stdout, _ := roentgo(t, "detect", "--json", at("public.png"))
	if err := json.Unmarshal([]byte(stdout), &line); err != nil || !line.Found || !line.Shipped || !strings.Contains(string(shipped.Manifest), `"model_hash": "`+line.Bits) {
		t.Errorf("%s (%v)", stdout, err)
	}
}

// TestMarksOfResumed does not take an image with other marks for the one that is
// asked for.
func TestMarksOfResumed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(modelVariable, samplertest.Tiny(t))
	secret := write(t, filepath.Join(dir, "secret"), "the secret of a test\n")
	args := func(more ...string) []string {
		return append([]string{"sample", "--device", "cpu", "--steps", "1", "--seed", "1", "--count", "2", "--out", filepath.Join(dir, "x.png")}, more...)
	}
	if status, _, stderr := roentgo(t, args("--"+watermarkKey, secret)...); status != 0 {
		t.Fatal(stderr)
	}
	if s, err := readSettings(filepath.Join(dir, "x-1.png")); err != nil || s.Marks != "a watermark of a secret key" {
		t.Errorf("the file says of its marks %q (%v)", s.Marks, err)
	}
	for _, other := range [][]string{nil, {"--no-watermark"}, {"--no-mark", "--" + watermarkKey, secret}} {
		if status, _, stderr := roentgo(t, args(other...)...); status != 2 || !strings.Contains(stderr, "its marking differs") {
			t.Errorf("%q: status %d, %q", other, status, stderr)
		}
	}
	if status, _, stderr := roentgo(t, args("--"+watermarkKey, secret)...); status != 0 || !strings.Contains(stderr, "2 of 2") {
		t.Errorf("the same: status %d, %q", status, stderr)
	}
}

// TestDetectReal looks at a photograph of a chest, in which there is none.
func TestDetectReal(t *testing.T) {
	images, err := filepath.Glob(filepath.Join(filepath.Dir(specimen.Manifest()), "images", "*"))
	if err != nil || len(images) == 0 {
		t.Fatal(images, err)
	}
	if status, stdout, _ := roentgo(t, "detect", images[0]); status != 1 || !strings.Contains(stdout, "no watermark") {
		t.Errorf("status %d, %q", status, stdout)
	}
}

// TestReadImage refuses what is too large before it is decoded.
func TestReadImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.png")
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewPaletted(image.Rect(0, 0, 9000, 9000), color.Palette{color.Black})); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readImage(path); err == nil || !strings.Contains(err.Error(), "9000 × 9000 pixels") {
		t.Errorf("error %v", err)
	}
}
