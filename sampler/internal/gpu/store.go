package gpu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/shaders"
)

// maxStore is the most bytes of a stored measurement: far more than one has.
const maxStore = 64 << 10

// ErrNotMeasured is wrapped by errors of Stored where there is no measurement
// of an adapter that can be used.
var ErrNotMeasured = errors.New("gpu: no tilings were measured")

// storePath is where the measurement of an adapter is kept: in the user's cache
// folder, in a file of its own.
func storePath(i Info) (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(i.Backend + "\n" + i.Name))
	return filepath.Join(dir, "roentgo", "tilings-"+hex.EncodeToString(sum[:8])+".json"), nil
}

// Stored reads the measurement of an adapter. The error wraps ErrNotMeasured:
// there is none, it is damaged, or it is of another adapter or other shaders.
func Stored(i Info) (*Measurement, error) {
	m, err := stored(i)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotMeasured, err)
	}
	return m, nil
}

func stored(i Info) (*Measurement, error) {
	path, err := storePath(i)
	if err != nil {
		return nil, err
	}
	data, err := regular.Read(path, maxStore)
	if err != nil {
		return nil, err
	}
	m, err := parse(data, i)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return m, nil
}

// parse reads the measurement of an adapter. Errors go on a sentence that begins
// with the file's name.
func parse(data []byte, i Info) (*Measurement, error) {
	var m Measurement
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("is damaged: %w", err)
	}
	switch {
	case m.Adapter != i.Name || m.Backend != i.Backend:
		return nil, fmt.Errorf("is of the adapter %.80q (%.80q)", m.Adapter, m.Backend)
	case m.Shaders != shaders.Hash():
		return nil, errors.New("is of another version of the shaders")
	case !m.Tilings.valid(i):
		return nil, errors.New("names other tilings than there are")
	}
	return &m, nil
}

// Save keeps a measurement for Stored, in the place of an earlier one.
func (m *Measurement) Save() error {
	path, err := storePath(Info{Name: m.Adapter, Backend: m.Backend})
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, true, data)
}

// Tuned returns the tilings that were measured on the device, now if they never
// were. Where they cannot be measured or kept, work continues, with those of
// Default, or with a measurement at the next start.
func Tuned(ctx context.Context, device Device) Tilings {
	m, err := Stored(device.Info())
	if err == nil {
		return m.Tilings
	}
	if m, err = Tune(ctx, device); err != nil {
		return Default(device.Info())
	}
	_ = m.Save() // a cache: without it the next start measures again
	return m.Tilings
}
