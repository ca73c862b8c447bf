// Package prompt turns text into the token ids that the networks were trained
// with. Training and sampling share it.
package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// specials are literals that tokenizers treat as commands.
var specials = strings.NewReplacer("[CLS]", " ", "[SEP]", " ", "[PAD]", " ", "[UNK]", " ", "[MASK]", " ")

// Clean makes text safe for any tokenizer and equal for all: bytes that are no
// UTF-8, control, format and private-use characters and unassigned code points
// are dropped, every run of white space becomes one space, and the literals
// [CLS], [SEP], [PAD], [UNK] and [MASK] are removed.
func Clean(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		switch {
		case r == utf8.RuneError, unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
			continue
		case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
			space = true
			continue
		case unicode.IsControl(r) || !unicode.IsGraphic(r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return strings.Join(strings.Fields(specials.Replace(b.String())), " ")
}
