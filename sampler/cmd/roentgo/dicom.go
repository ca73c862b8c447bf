package main

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/dicom"
	"github.com/roentgo/roentgo/sampler/provenance"
)

// dicomExtension is that of the --out for which images are DICOM files.
const dicomExtension = ".dcm"

// writeImage writes an image to a file of the form that its name says.
func writeImage(path string, img *image.Gray, s provenance.Settings, overwrite bool) error {
	if !strings.EqualFold(filepath.Ext(path), dicomExtension) {
		return provenance.WriteFile(path, img, s, overwrite)
	}
	settings, err := s.JSON()
	if err != nil {
		return err
	}
	c := dicom.Capture{Image: img, Synthetic: provenance.Warning, ModelName: s.ModelName, Software: "roentgo " + s.Version,
		Comment: s.Prompt, Settings: settings, When: time.Now()}
	return atomicfile.Write(path, overwrite, c.Write)
}

// readSettings reads the settings in a file of either form.
func readSettings(path string) (provenance.Settings, error) {
	file, err := os.Open(path)
	if err != nil {
		return provenance.Settings{}, err
	}
	defer file.Close()
	s, err := settingsIn(file)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func settingsIn(r io.Reader) (provenance.Settings, error) {
	var start bytes.Buffer
	if _, err := io.CopyN(&start, r, int64(dicom.Head)); err != nil && err != io.EOF {
		return provenance.Settings{}, err
	}
	whole := io.MultiReader(bytes.NewReader(start.Bytes()), r)
	if !dicom.Is(start.Bytes()) {
		return provenance.Read(whole)
	}
	data, err := io.ReadAll(io.LimitReader(whole, provenance.MaxFile+1))
	if err != nil {
		return provenance.Settings{}, err
	}
	if len(data) > provenance.MaxFile {
		return provenance.Settings{}, fmt.Errorf("%w: at most %d bytes of a file are read", provenance.ErrTooLarge, provenance.MaxFile)
	}
	f, err := dicom.Read(data)
	if err != nil {
		return provenance.Settings{}, fmt.Errorf("%w: %w", provenance.ErrDamaged, err)
	}
	text, err := f.Settings()
	if err != nil {
		return provenance.Settings{}, fmt.Errorf("%w: %w", provenance.ErrNoSettings, err)
	}
	return provenance.ParseSettings(text)
}

// readDICOM reads the image of a file as a screen shows it.
func readDICOM(data []byte) (*image.Gray, error) {
	f, err := dicom.Read(data)
	if err != nil {
		return nil, err
	}
	img, err := f.Image(true)
	if err != nil {
		return nil, err
	}
	shift := 0
	if img.Deep { // no window: the highest bits
		highest := uint16(0)
		for _, v := range img.Levels {
			highest = max(highest, v)
		}
		for highest>>shift > 255 {
			shift++
		}
	}
	grey := image.NewGray(image.Rect(0, 0, img.Width, img.Height))
	for i, v := range img.Levels {
		grey.Pix[i] = uint8(v >> shift)
	}
	return grey, nil
}
