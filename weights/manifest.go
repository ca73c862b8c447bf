package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/regular"
)

// The endings of a model file and of its manifest.
const (
	Extension         = ".safetensors.zst"
	ManifestExtension = ".manifest.json"
)

// Manifest describes a model file, so that a program can fetch it in pieces,
// verify each and keep it. A model file opens without one.
type Manifest struct {
	Name         string  `json:"name"`
	Version      string  `json:"version"`
	License      string  `json:"license"`
	TrainingData string  `json:"training_data"`
	File         string  `json:"file"`          // name of the model file, beside the manifest
	Size         int64   `json:"size"`          // bytes of the file, seek table included
	ContentSize  int64   `json:"content_size"`  // bytes of the safetensors in it
	ModelHash    string  `json:"model_hash"`    // SHA-256 of the safetensors
	ConfigSHA256 string  `json:"config_sha256"` // of the metadata roentgo.config
	Frames       []Frame `json:"frames"`
}

// Frame is one zstd frame of a model file. What follows the last one is the
// seek table.
type Frame struct {
	Offset  int64  `json:"offset"`
	Size    int64  `json:"size"`
	Content int64  `json:"content"` // bytes decompressed
	SHA256  string `json:"sha256"`  // of the compressed bytes
}

const (
	maxManifest     = 16 << 20 // bytes of the largest manifest that is read
	maxManifestText = 4 << 10  // bytes of a text in it
)

// ManifestPath is where the manifest of a model file lies.
func ManifestPath(model string) string {
	return strings.TrimSuffix(model, Extension) + ManifestExtension
}

// ParseManifest reads a manifest and checks that its frames follow one
// another.
func ParseManifest(data []byte) (*Manifest, error) {
	m := new(Manifest)
	if len(data) > maxManifest {
		return nil, fmt.Errorf("%w: a manifest of %d bytes, the limit is %d", ErrTooLarge, len(data), maxManifest)
	}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%w: manifest: %w", ErrFormat, err)
	}
	for _, text := range []string{m.Name, m.Version, m.License, m.TrainingData, m.File} {
		if len(text) > maxManifestText {
			return nil, fmt.Errorf("%w: manifest: a text of %d bytes (it begins with %.40q), the limit is %d", ErrTooLarge, len(text), text, maxManifestText)
		}
	}
	if len(m.Frames) > maxFrames {
		return nil, fmt.Errorf("%w: manifest: %d frames, the limit is %d", ErrTooLarge, len(m.Frames), maxFrames)
	}
	var at, content int64
	for i, f := range m.Frames {
		if f.Offset != at || f.Size < 1 || f.Content < 1 || f.Content > maxFrame || f.Size > maxFrame+maxFrame/8 || len(f.SHA256) != 2*sha256.Size {
			return nil, fmt.Errorf("%w: manifest: frame %d breaks a rule", ErrFormat, i)
		}
		at, content = at+f.Size, content+f.Content
	}
	if content != m.ContentSize || m.Size < at {
		return nil, fmt.Errorf("%w: manifest: the frames hold %d bytes, content_size says %d", ErrFormat, content, m.ContentSize)
	}
	return m, nil
}

// ReadManifest reads the manifest beside a model file; nil where there is
// none. Errors wrap ErrFormat or ErrTooLarge, or are of the file system.
func ReadManifest(model string) (*Manifest, error) {
	path := ManifestPath(model)
	data, err := regular.Read(path, maxManifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, regular.ErrTooLarge):
		return nil, fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, regular.ErrOther):
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	case err != nil:
		return nil, err
	}
	m, err := ParseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return m, nil
}

// pin makes the frames be checked against the manifest as they are read.
func (f *frames) pin(m *Manifest) error {
	if len(m.Frames) != len(f.list) {
		return fmt.Errorf("%w: %d frames, the manifest has %d", ErrHash, len(f.list), len(m.Frames))
	}
	for i, w := range m.Frames {
		if fr := &f.list[i]; fr.at != w.Offset || fr.size != w.Size || fr.end-fr.begin != w.Content {
			return fmt.Errorf("%w: frame %d is not the one of the manifest", ErrHash, i)
		} else {
			fr.manifestedSHA256 = w.SHA256
		}
	}
	return nil
}

func hashBytes(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
