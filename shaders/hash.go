package shaders

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
)

// Hash returns the SHA-256 of every shader's text, in hexadecimal: what was
// measured of one set of shaders says nothing of another.
var Hash = sync.OnceValue(func() string {
	h := sha256.New()
	for _, s := range All() {
		h.Write([]byte(s.WGSL()))
	}
	return hex.EncodeToString(h.Sum(nil))
})
