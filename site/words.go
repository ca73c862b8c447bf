package site

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
