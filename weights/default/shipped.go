// Package shipped holds the model file that roentgo ships, with its manifest and
// its card. A program that imports it grows by the file's 15 MB.
package shipped

import (
	"bytes"
	_ "embed"

	"github.com/roentgo/roentgo/weights"
)

// File is the model file.
//
//go:embed roentgo-mini.safetensors.zst
var File []byte

// Manifest is the manifest of File.
//
//go:embed roentgo-mini.manifest.json
var Manifest []byte

// Open opens the shipped model. Each part that is read is checked against the
// manifest.
func Open() (*weights.Model, error) {
	manifest, err := weights.ParseManifest(Manifest)
	if err != nil {
		return nil, err
	}
	return weights.OpenReader(bytes.NewReader(File), int64(len(File)), weights.Options{Manifest: manifest})
}
