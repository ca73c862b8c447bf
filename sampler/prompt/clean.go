// Package prompt turns text into the token ids that the networks were trained
// with. Training and sampling share it.
package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// specials are literals that tokenizers treat as commands.
var specials = strings.NewReplacer("[CLS]", " ", "[SEP]", " ", "[PAD]", " ", "[UNK]", " ", "[MASK]", " ")

// typed are the marks of word processors, phones and other scripts, and what
// they are in the captions. Full-width forms, ligatures and the like have
// become usual ones before (Unicode's form NFKC).
var typed = strings.NewReplacer(
	"\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2015", "-", "\u2043", "-", "\u2212", "-", "\u30fb", "-",
	"\u2018", "'", "\u2019", "'", "\u201a", "'", "\u201b", "'", "\u2032", "'", "\u02bc", "'",
	"\u201c", `"`, "\u201d", `"`, "\u201e", `"`, "\u201f", `"`, "\u00ab", `"`, "\u00bb", `"`, "\u2039", "'", "\u203a", "'",
	"\u300c", `"`, "\u300d", `"`, "\u300e", `"`, "\u300f", `"`,
	"\u3001", ", ", "\u3002", ". ", "\u2044", "/", "\u2215", "/", "\u2022", " ", "\u00b7", " ",
)

// Clean makes text safe for any tokenizer and equal for all: bytes that are no
// UTF-8, control, format and private-use characters and unassigned code points
// are dropped, typographic marks and full-width forms become those of ASCII,
// letters with accents are one character each, every run of white space becomes
// one space, and the literals [CLS], [SEP], [PAD], [UNK] and [MASK] are removed.
func Clean(text string) string {
	text = typed.Replace(norm.NFKC.String(strings.Map(shown, text)))
	return strings.Join(strings.Fields(specials.Replace(text)), " ")
}

// shown maps a character to itself, white space to a space, and what a reader
// does not see to nothing.
func shown(r rune) rune {
	switch {
	case r == utf8.RuneError, unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
		return -1
	case unicode.IsSpace(r) || unicode.Is(unicode.Z, r):
		return ' '
	case unicode.IsControl(r) || !unicode.IsGraphic(r):
		return -1
	}
	return r
}
