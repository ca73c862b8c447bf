// Package defaultmodel opens the model that roentgo ships, which is part of
// every program that imports this package (15 MB).
package defaultmodel

import (
	"bytes"

	"github.com/roentgo/roentgo/weights"
	shipped "github.com/roentgo/roentgo/weights/default"
)

// Open opens the shipped model. What is read of it is checked against the
// manifest that was embedded with it.
func Open() (*weights.Model, error) {
	manifest, err := weights.ParseManifest(shipped.Manifest)
	if err != nil {
		return nil, err
	}
	return weights.OpenReader(bytes.NewReader(shipped.File), int64(len(shipped.File)), weights.Options{Manifest: manifest})
}
