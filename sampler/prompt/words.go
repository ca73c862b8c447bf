package prompt

import (
	"regexp"
	"strings"
	"unicode"
)

// possessive is an ending that makes no other word.
var possessive = regexp.MustCompile(`'s\b`)

// usualMarks are what reports have between words.
const usualMarks = `.,;:()[]/-'"%+&<>=*_#`

// Words lists the words of a normalized text, lower-case and without accents:
// runs of letters and digits, joined by single hyphens.
func Words(text string) []string {
	words := strings.FieldsFunc(plain(text), func(r rune) bool { return !inWord(r) })
	kept := words[:0]
	for _, w := range words {
		if w = strings.Trim(w, "-"); w != "" {
			kept = append(kept, w)
		}
	}
	return kept
}

// plain is a text as words are compared.
func plain(text string) string {
	return possessive.ReplaceAllString(strings.ToLower(withoutAccents(Normalize(text))), "")
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' }

// signs lists the runs of what is neither a word nor a mark of reports, such as
// a face or a row of question marks.
func signs(text string) []string {
	return strings.FieldsFunc(plain(text), func(r rune) bool {
		return inWord(r) || unicode.IsSpace(r) || strings.ContainsRune(usualMarks, r)
	})
}

// Unknown lists the words of text that known lacks, then the signs that no
// report has, each once, in order.
func Unknown(text string, known map[string]bool) []string {
	var list []string
	seen := map[string]bool{}
	add := func(w string) {
		if !known[w] && !seen[w] {
			list = append(list, w)
			seen[w] = true
		}
	}
	for _, w := range Words(text) {
		add(w)
	}
	for _, sign := range signs(text) {
		add(sign)
	}
	return list
}
