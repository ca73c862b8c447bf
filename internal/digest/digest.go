// Package digest computes the digest of a file.
package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/roentgo/roentgo/internal/regular"
)

// File returns the SHA-256 of a file, in hexadecimal, and its size in bytes. It
// reads a little at a time. Errors are those of [regular.Open] and of reading.
func File(path string) (sum string, size int64, err error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}
