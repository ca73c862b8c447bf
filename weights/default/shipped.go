// Package shipped holds the model file that roentgo ships, with its manifest and
// its card. A program that imports it grows by the file's 8 MB.
package shipped

import (
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
func Open() (*weights.Model, error) { return weights.OpenBytes(File, Manifest) }
