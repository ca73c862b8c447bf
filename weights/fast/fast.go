// Package fast holds a second model file that roentgo ships, with its manifest and
// its card: it makes an image in 4 passes of its U-Net, without guidance. A program
// that imports the package grows by the file's 8 MB.
package fast

import (
	_ "embed"

	"github.com/roentgo/roentgo/weights"
)

// File is the model file.
//
//go:embed roentgo-fast.safetensors.zst
var File []byte

// Manifest is the manifest of File.
//
//go:embed roentgo-fast.manifest.json
var Manifest []byte

// Open opens the fast model. Each part that is read is checked against the
// manifest.
func Open() (*weights.Model, error) { return weights.OpenBytes(File, Manifest) }
