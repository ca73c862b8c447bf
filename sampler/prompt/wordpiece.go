package prompt

import (
	"strings"
	"unicode/utf8"

	"github.com/sugarme/tokenizer/normalizer"
)

// maxWordLength is the longest word, in characters, that is cut into pieces.
// A longer one is unknown.
const maxWordLength = 100

// continued begins a token that continues a word.
const continued = "##"

// wordPiece cuts words into the longest tokens of a vocabulary.
type wordPiece struct {
	ids     map[string]int32
	unknown int32
	longest int // bytes of the longest token
}

func newWordPiece(ids map[string]int32) wordPiece {
	w := wordPiece{ids: ids, unknown: ids[tokenUnk]}
	for token := range ids {
		w.longest = max(w.longest, len(token))
	}
	return w
}

// append appends the ids of a word's pieces: from its beginning the longest token,
// then the longest that continues it, and so on. A word that cannot be cut so to
// its end is [UNK] as a whole.
func (w wordPiece) append(ids []int32, word string) []int32 {
	before := len(ids)
	if utf8.RuneCountInString(word) > maxWordLength {
		return append(ids, w.unknown)
	}
	for prefix := ""; word != ""; prefix = continued {
		id, size := w.longestPiece(prefix, word)
		if size == 0 {
			return append(ids[:before], w.unknown)
		}
		ids, word = append(ids, id), word[size:]
	}
	return ids
}

// longestPiece returns the id of the longest token that a word begins with, and
// its bytes of the word; 0 bytes where there is none.
func (w wordPiece) longestPiece(prefix, word string) (id int32, size int) {
	for size := len(word); size > 0; {
		if len(prefix)+size <= w.longest {
			if id, ok := w.ids[prefix+word[:size]]; ok {
				return id, size
			}
		}
		_, last := utf8.DecodeLastRuneInString(word[:size])
		size -= last
	}
	return 0, 0
}

// splitWords cuts text at white space. Each punctuation mark and each Chinese
// character is a word of its own.
func splitWords(text string) []string {
	var words []string
	for _, field := range strings.Fields(text) {
		begin := 0
		for at, r := range field {
			if !normalizer.IsBertPunctuation(r) && !normalizer.IsChinese(r) {
				continue
			}
			end := at + utf8.RuneLen(r)
			if begin < at {
				words = append(words, field[begin:at])
			}
			words, begin = append(words, field[at:end]), end
		}
		if begin < len(field) {
			words = append(words, field[begin:])
		}
	}
	return words
}
