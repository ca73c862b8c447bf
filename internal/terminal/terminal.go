// Package terminal makes text that comes from elsewhere safe to print: from a
// model file, a manifest, an image, a table, a request. Such text can hold
// escape sequences, which steer a terminal, line breaks, which forge a line of
// the program's own, and characters that reverse what follows them.
package terminal

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns text as one line of at most max characters, and a note of how
// many bytes are left out. What is not shown (control and format characters,
// line breaks, bytes that are no UTF-8) is escaped as in Go: \n, \x1b, \u202e.
func Text(text string, max int) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		shown := text[i : i+size]
		if r == utf8.RuneError && size == 1 {
			shown = fmt.Sprintf(`\x%02x`, text[i])
		} else if !unicode.IsPrint(r) {
			shown = strings.Trim(strconv.QuoteRuneToASCII(r), "'")
		}
		if n += utf8.RuneCountInString(shown); n > max {
			fmt.Fprintf(&b, "… (%d bytes more)", len(text)-i)
			break
		}
		b.WriteString(shown)
		i += size
	}
	return b.String()
}

// JSON returns the same JSON with every character outside of ASCII that is not
// shown as \uXXXX, which a reader of JSON takes for the same.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r):
			out = append(out, text[:size]...)
		case r > 0xffff:
			high, low := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
