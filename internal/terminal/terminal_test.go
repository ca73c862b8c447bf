package terminal

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"größer 肺炎":               "größer 肺炎",
		"a\nmodel hash 1111":      `a\nmodel hash 1111`,
		"\x1b[31mred\x1b[0m":      `\x1b[31mred\x1b[0m`,
		"\u009b31m":               `\u009b31m`,
		"\u202ecba\u2066":         `\u202ecba\u2066`,
		"\xff\xfe":                `\xff\xfe`,
		"\u2028\u00a0\ufeff":      `\u2028\u00a0\ufeff`,
		"it's \"quoted\" \\ here": `it's "quoted" \ here`,
		strings.Repeat("x", 21):   strings.Repeat("x", 20) + "… (1 bytes more)",
	} {
		if got := Text(text, 20+20*min(1, strings.Count(text, "\x1b")+strings.Count(text, "\u2028")+strings.Count(text, "hash")+strings.Count(text, "it's"))); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	in := "{\"a\":\"\u202eé\u009b\x7f\U000E0001\",\"b\":[1,2]}\n"
	out := JSON([]byte(in))
	if want := "{\"a\":\"\\u202eé\\u009b\\u007f\\udb40\\udc01\",\"b\":[1,2]}\n"; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
	var x, y any
	if json.Unmarshal([]byte(in), &x) != nil || json.Unmarshal(out, &y) != nil || x.(map[string]any)["a"] != y.(map[string]any)["a"] {
		t.Error("the JSON means something else")
	}
}

func FuzzText(f *testing.F) {
	f.Add("\x1b]0;title\a\u202e", 10)
	f.Fuzz(func(t *testing.T, text string, max int) {
		max &= 0xfff
		got := Text(text, max)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q became %q", text, got)
		}
		if n := utf8.RuneCountInString(got); n > max+40 {
			t.Fatalf("%d characters, %d are allowed", n, max)
		}
	})
}
