package layout_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// quoted are words in backquotes.
var quoted = regexp.MustCompile("`[^`\n ]+`")

// TestPaths checks that the files and folders that the guides name are there: each
// is one of the repository, or the end of its path.
func TestPaths(t *testing.T) {
	var there []string
	for _, name := range tracked(t) {
		for ; name != "."; name = path.Dir(name) {
			there = append(there, "/"+name)
		}
	}
	named := 0
	for _, guide := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"} {
		text, err := os.ReadFile(filepath.Join(root, guide))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range quoted.FindAllString(string(text), -1) {
			for _, name := range alternatives(strings.Trim(word, "`")) {
				if !strings.Contains(name, "/") && path.Ext(name) != ".go" || strings.HasPrefix(name, "testdata/") {
					continue
				}
				named++
				if !slices.ContainsFunc(there, func(file string) bool {
					at, err := path.Match(path.Base(name), path.Base(file))
					return err == nil && at && strings.HasSuffix(path.Dir(file), strings.TrimSuffix("/"+path.Dir(name), "/."))
				}) {
					t.Errorf("%s names %q, which is not there", guide, name)
				}
			}
		}
	}
	if named < 20 {
		t.Errorf("only %d paths were found", named)
	}
}

// alternatives expands the braces of a path, as a shell does.
func alternatives(name string) []string {
	before, rest, ok := strings.Cut(name, "{")
	inside, after, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return []string{name}
	}
	var list []string
	for _, part := range strings.Split(inside, ",") {
		list = append(list, before+part+after)
	}
	return list
}
