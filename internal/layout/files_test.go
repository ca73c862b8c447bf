package layout_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// writers are the files that write by functions of package os, with the reason; all
// others write by internal/atomicfile, so that no file is left half written.
var writers = map[string]string{
	"internal/atomicfile":           "does it",
	"internal/browsertest":          "fills the profile of a browser",
	"internal/pack":                 "fills a folder that a build puts in place as a whole",
	"internal/release":              "fills a folder that a build puts in place as a whole",
	"internal/messy":                "fills a test's folder",
	"internal/samplertest":          "fills a test's folder",
	"internal/notices/gen":          "generates source",
	"sampler/internal/cpu/gen":      "generates source",
	"sampler/cmd/roentgo/output.go": "tries whether a folder can be written to",
	"sampler/cmd/roentgo/table.go":  "adds lines to a table",
	"sampler/cmd/roentgo/trace.go":  "fills a folder that is renamed when it is whole",
	"site":                          "fills a folder that a build puts in place as a whole",
	"trainer/dataset":               "fills a folder that is renamed when it is whole",
	"trainer/fetch/fetch.go":        "goes on with a part of a download, and renames it when it is whole",
	"trainer/report/tfevents.go":    "adds events to a log",
	"trainer/train/loop.go":         "adds lines to a log",
}

var writesPlainly = regexp.MustCompile(`\bos\.(Create|CreateTemp|WriteFile|OpenFile|Rename)\(`)

// reads is a use of os.OpenFile that writes nothing.
const reads = "os.O_RDONLY"

func TestWholeFiles(t *testing.T) {
	used := map[string]bool{}
	for _, name := range tracked(t) {
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		for number, line := range lines(t, name) {
			if !writesPlainly.MatchString(line) || strings.Contains(line, reads) {
				continue
			}
			allowed := false
			for w := range writers {
				if name == w || strings.HasPrefix(name, w+"/") {
					used[w], allowed = true, true
				}
			}
			if !allowed {
				t.Errorf("%s:%d: %q; write by internal/atomicfile", name, number, strings.TrimSpace(line))
			}
		}
	}
	for w := range writers {
		if !used[w] {
			t.Errorf("%s writes no file by package os any more: take it from the list", w)
		}
	}
}

// TestNoCaches finds hidden files below the top, such as the caches that tools leave
// where they run.
func TestNoCaches(t *testing.T) {
	for _, name := range tracked(t) {
		if strings.Contains(name, "/.") {
			t.Errorf("%s is hidden: no part of the project", name)
		}
	}
}
