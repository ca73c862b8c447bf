package site

import (
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// readWords reads the words of a language: texts by key.
func readWords(source, language string) (words map[string]string, err error) {
	path := filepath.Join(source, "app", "words", language+".json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &words); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return words, nil
}

// writeWords copies the words of a language, smaller and with a hash in the file's name,
// which it returns.
func writeWords(dir, source, language string) (string, error) {
	words, err := readWords(source, language)
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(words)
	if err != nil {
		return "", err
	}
	name := language + "-" + hash(content)[:hashLength] + ".json"
	return name, os.WriteFile(filepath.Join(dir, name), content, 0o644)
}

// worded are the elements and attributes of a page that words are filled into: an empty
// element with data-words, and an element with data-words-label, -alt or -placeholder.
var (
	worded          = regexp.MustCompile(`(<[a-z0-9]+\b[^<>]*\bdata-words="([^"]+)"[^<>]*>)</`)
	wordedAttribute = regexp.MustCompile(`\bdata-words-(label|alt|placeholder)="([^"]+)"`)
	wordedNames     = map[string]string{"label": "aria-label", "alt": "alt", "placeholder": "placeholder"}
)

// fillWords fills the words of a language into a page, so that it says what it is
// before its script runs. language.js finds the places again.
func fillWords(page string, words map[string]string) (string, error) {
	var unknown []string
	word := func(key string) string {
		text, ok := words[html.UnescapeString(key)]
		if !ok {
			unknown = append(unknown, key)
		}
		return html.EscapeString(text)
	}
	filled := 0
	page = worded.ReplaceAllStringFunc(page, func(found string) string {
		filled++
		parts := worded.FindStringSubmatch(found)
		return parts[1] + word(parts[2]) + "</"
	})
	if marked := strings.Count(page, ` data-words="`); marked != filled {
		return "", fmt.Errorf("%d of %d elements with data-words are not empty", marked-filled, marked)
	}
	page = wordedAttribute.ReplaceAllStringFunc(page, func(found string) string {
		parts := wordedAttribute.FindStringSubmatch(found)
		return found + " " + wordedNames[parts[1]] + `="` + word(parts[2]) + `"`
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("no words for %q", unknown)
	}
	return page, nil
}
