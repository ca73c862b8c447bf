package provenance

import (
	"encoding/binary"
	"hash/crc32"
)

// A PNG file is its signature and chunks, the first being IHDR: length, type,
// data, CRC (PNG specification, third edition, section 5).
const (
	signature  = "\x89PNG\r\n\x1a\n"
	chunkFrame = 12 // bytes of a chunk besides its data
	headerData = 13 // bytes of IHDR's data
)

// keyword is that of the chunk which holds the settings.
const keyword = "roentgo"

// appendChunk appends a chunk to a file.
func appendChunk(file []byte, kind, data string) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(data)))
	begin := len(file)
	file = append(append(file, kind...), data...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[begin:]))
}

// appendText appends a text chunk: tEXt, which every reader knows, where ASCII
// suffices, else iTXt.
func appendText(file []byte, keyword, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c != '\n' && (c < ' ' || c > '~') {
			return appendUnicode(file, keyword, text)
		}
	}
	return appendChunk(file, "tEXt", keyword+"\x00"+text)
}

// appendUnicode appends an iTXt chunk: not compressed, of no language. text
// must be UTF-8 without a zero byte.
func appendUnicode(file []byte, keyword, text string) []byte {
	return appendChunk(file, "iTXt", keyword+"\x00\x00\x00\x00\x00"+text)
}
