package provenance

import (
	"crypto/sha256"
	"math/rand/v2"
	"strconv"
)

// Key decides what a watermark looks like. Who has it can find the watermark,
// imitate it, and remove it.
type Key [sha256.Size]byte

// PublicKey is the key where none is chosen. Everybody has it, so what is found
// with it is a hint and proves nothing.
var PublicKey = KeyOf("public")

// KeyOf makes a key of a secret text, which should be long and random: a short
// one can be found by trying.
func KeyOf(secret string) Key { return sha256.Sum256([]byte("roentgo watermark 1\x00" + secret)) }

// ModelBits are the bits of a watermark that names the model of a SHA-256, as
// hexadecimal digits: the first eight of them. They are 0 of other texts.
func ModelBits(hash string) uint32 {
	if len(hash) < 8 {
		return 0
	}
	bits, err := strconv.ParseUint(hash[:8], 16, 32)
	if err != nil {
		return 0
	}
	return uint32(bits)
}

// signs draws a sign, 1 or -1, for each chip from the key, by ChaCha8.
func (k Key) signs() (list [chips]int8) {
	source := rand.NewChaCha8(k)
	for i := 0; i < chips; i += 64 {
		word := source.Uint64()
		for j := range 64 {
			list[i+j] = 1 - 2*int8(word>>j&1)
		}
	}
	return list
}
