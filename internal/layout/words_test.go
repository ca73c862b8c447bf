package layout_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// avoided are words that were used in an odd sense, with what to write instead.
var avoided = map[string]string{
	"tell":       "say, print, report, describe, distinguish",
	"tells":      "says, prints, reports, describes, distinguishes",
	"told":       "said, printed, reported",
	"telling":    "saying, distinguishing",
	"behind":     "after",
	"anew":       "again",
	"amount to":  "are, mean",
	"amounts to": "is, means",
}

// plain are the folders and files that keep to the list.
var plain = []string{"internal", "sampler", "weights", "shaders", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", ".ci",
	"trainer/README.md", "trainer/bert", "trainer/fetch", "trainer/libtorch", "trainer/metric", "trainer/report", "trainer/train", "wasm", "site"}

// goAlone are folders of which so far only the Go files do.
var goAlone = []string{"wasm", "site"}

// notYet are folders below them that do not yet.
var notYet = []string{"internal/specimen/testdata"}

func TestPlainWords(t *testing.T) {
	var words []string
	for w := range avoided {
		words = append(words, w)
	}
	pattern := regexp.MustCompile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
	for _, folder := range plain {
		texts := []string{".go", ".md", ".wgsl", ".py", ".sh", ".js", ".yaml", ""}
		if slices.Contains(goAlone, folder) {
			texts = []string{".go"}
		}
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
			switch {
			case d.IsDir() && slices.Contains(notYet, name):
				return fs.SkipDir
			case d.IsDir() || name == "internal/layout/words_test.go" || !slices.Contains(texts, filepath.Ext(path)):
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			number := 0
			for line := range strings.Lines(string(data)) {
				number++
				if w := pattern.FindString(line); w != "" {
					t.Errorf("%s:%d: %q; write %s", name, number, w, avoided[strings.ToLower(w)])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
