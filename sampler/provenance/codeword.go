package provenance

import (
	"hash/crc32"
	"math/bits"
)

// A watermark is 2048 numbers of equal size, its chips, whose signs the key
// draws. A quarter of them, the pilots, is the same in every image of a key:
// by them it is found. The others carry 48 bits, 32 and a check of 16, in six
// symbols of 8 bits. A symbol turns the signs of 256 chips by one of 128 Walsh
// functions or its opposite (biorthogonal signalling; Proakis, Digital
// Communications, 4th edition, section 4.3).
//
// Chips come in pairs, those of the cosine and of the sine of a frequency.
// Symbols and pilots take turns with the frequencies, so that each has low and
// high ones.
const (
	chips   = 2048
	symbols = 6
	groups  = 8 // of 256 chips: the symbols, then pilots
	walshes = 128
)

// group is the symbol that a chip belongs to, and its pair's place there; of
// pilots, it is symbols or more.
func group(chip int) (symbol, place int) {
	pair := chip >> 1
	return pair % groups, pair / groups
}

// codeword returns the symbols of bits and their check.
func codeword(bits uint32) [symbols]byte {
	b := [symbols]byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)}
	sum := crc32.ChecksumIEEE(b[:4])
	b[4], b[5] = byte(sum>>8), byte(sum)
	return b
}

// bitsOf is the reverse of codeword; false if the check differs.
func bitsOf(word [symbols]byte) (uint32, bool) {
	v := uint32(word[0])<<24 | uint32(word[1])<<16 | uint32(word[2])<<8 | uint32(word[3])
	return v, codeword(v) == word
}

// turn is the sign by which a symbol turns the pair at a place.
func turn(symbol byte, place int) int8 {
	odd := bits.OnesCount8(symbol&(walshes-1)&byte(place)) + int(symbol/walshes)
	return 1 - 2*int8(odd&1)
}

// modulated are the signs of the chips of a key that carry a codeword.
func modulated(k Key, word [symbols]byte) [chips]int8 {
	list := k.signs()
	for i := range list {
		if s, place := group(i); s < symbols {
			list[i] *= turn(word[s], place)
		}
	}
	return list
}

// likeliest is the symbol that fits values best, the sums of its pairs with
// the key's signs.
func likeliest(values [walshes]float64) byte {
	for half := 1; half < walshes; half *= 2 { // fast Walsh-Hadamard transform
		for i := range values {
			if i&half == 0 {
				values[i], values[i|half] = values[i]+values[i|half], values[i]-values[i|half]
			}
		}
	}
	best, symbol := 0.0, byte(0)
	for i, v := range values {
		if v > best {
			best, symbol = v, byte(i)
		}
		if -v > best {
			best, symbol = -v, byte(i)|walshes
		}
	}
	return symbol
}
