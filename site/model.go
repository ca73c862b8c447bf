package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/weights"
)

// piecesFolder is where the pieces of a model lie, beside its manifest.
const piecesFolder = "pieces/"

// builtModel is what index.html says of the model.
type builtModel struct {
	Path  string // of the manifest, in the site
	Hash  string // SHA-256 of the manifest
	Bytes int64  // of all pieces
}

// writeModel cuts a shipped model into pieces, one per frame of its manifest, and
// names each by the SHA-256 of its bytes. A new model then shares with the old
// one every piece that did not change.
func writeModel(dir string, manifestText, content []byte) (builtModel, error) {
	m, err := weights.ParseManifest(manifestText)
	if err != nil {
		return builtModel{}, err
	}
	pieces := filepath.Join(dir, "model", piecesFolder)
	if err := os.MkdirAll(pieces, 0o755); err != nil {
		return builtModel{}, err
	}
	built := builtModel{Path: "model/" + m.Name + weights.ManifestExtension}
	for i, f := range m.Frames {
		if f.Offset+f.Size > int64(len(content)) {
			return built, fmt.Errorf("model %s: frame %d ends after the end of the file", m.Name, i)
		}
		piece := content[f.Offset:][:f.Size]
		if hash(piece) != f.SHA256 {
			return built, fmt.Errorf("model %s: frame %d is not the one of the manifest", m.Name, i)
		}
		if err := os.WriteFile(filepath.Join(pieces, f.SHA256), piece, 0o644); err != nil {
			return built, err
		}
		built.Bytes += f.Size
	}
	manifest, err := json.MarshalIndent(struct {
		*weights.Manifest
		Pieces string `json:"pieces"`
	}{m, piecesFolder}, "", "  ")
	if err != nil {
		return built, err
	}
	built.Hash = hash(manifest)
	return built, os.WriteFile(filepath.Join(dir, built.Path), manifest, 0o644)
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
