// Package noise makes the random numbers of roentgo, the same bits on every
// machine: a counter-based generator, so that any number can be had without
// those before it, and a Gaussian computed in plain float64 arithmetic that no
// compiler may fuse.
package noise

import "math/bits"

// Philox is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011): ten rounds of
// a bijection of counter under key.
func Philox(key [2]uint32, counter [4]uint32) [4]uint32 {
	const (
		m0, m1 = 0xD2511F53, 0xCD9E8D57
		w0, w1 = 0x9E3779B9, 0xBB67AE85
		rounds = 10
	)
	c, k := counter, key
	for range rounds {
		hi0, lo0 := bits.Mul32(m0, c[0])
		hi1, lo1 := bits.Mul32(m1, c[2])
		c = [4]uint32{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += w0
		k[1] += w1
	}
	return c
}

// The streams of one seed. Numbers of different streams are independent.
const (
	StreamInitial  uint32 = 0       // the initial latent
	StreamTraining uint32 = 1 << 31 // this and what follows belong to training
)

// StreamStep is the stream of the noise that sampling step i adds, i from 0.
func StreamStep(i int) uint32 { return 1 + uint32(i) }

// words returns the four words of a group of one stream of one image.
func words(seed uint64, group, image, stream uint32) [4]uint32 {
	return Philox([2]uint32{uint32(seed), uint32(seed >> 32)}, [4]uint32{group, image, stream, 0})
}

// Uint32 is word i of a stream of an image, uniform over all uint32.
func Uint32(seed uint64, i, image, stream uint32) uint32 {
	return words(seed, i/4, image, stream)[i%4]
}

// Below is uniform over [0, n), n > 0, from word i of a stream. The bias of
// the multiplication is below n/2³².
func Below(n int, seed uint64, i, image, stream uint32) int {
	return int(uint64(Uint32(seed, i, image, stream)) * uint64(n) >> 32)
}

// Permutation is a random order of [0, n), by Fisher and Yates, from a stream
// of an image.
func Permutation(n int, seed uint64, image, stream uint32) []int {
	p := make([]int, n)
	for i := range p {
		j := Below(i+1, seed, uint32(i), image, stream)
		p[i] = p[j]
		p[j] = i
	}
	return p
}
