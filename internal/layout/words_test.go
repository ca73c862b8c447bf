package layout_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// avoided are words and phrases that were used in an odd sense, with what to
// write instead.
var avoided = map[string]string{
	`tell`:          "say, print, report, describe, distinguish",
	`tells`:         "says, prints, reports, describes, distinguishes",
	`told`:          "said, printed, reported",
	`telling`:       "saying, distinguishing",
	`behind`:        "after",
	`anew`:          "again",
	`amounts? to`:   "is, are, mean",
	`shall`:         "must, will",
	`lies? about`:   "is left, stays in memory",
	`pixels a side`: "pixels per side",
	`(once|one) an? (core|file|image|step|head|batch|forward|optimizer)`:                             "once per …, one per …",
	`an? \w+ an? (row|line|image|channel|head|query|kernel|value|finding|case|bar|core|seed|prompt)`: "one … per …",
}

// written are the kinds of files whose texts and names keep to the list.
var written = []string{".go", ".md", ".tmpl", ".wgsl", ".c", ".h", ".py", ".sh", ".js", ".mjs", ".ts", ".css", ".html", ".yaml", ".mod", ""}

// data are files and folders that are written in the words of others: reports,
// vocabularies, licences, recorded values.
var data = []string{"LICENSE", "internal/notices", "internal/specimen/testdata", "trainer/dataset/claims.go", "trainer/dataset/goldens_test.go", "weights/default/training",
	"internal/layout/words_test.go"}

func TestPlainWords(t *testing.T) {
	words := map[string]*regexp.Regexp{}
	for w := range avoided {
		words[w] = regexp.MustCompile(`(?i)\b` + w + `\b`)
	}
	read := 0
	for _, name := range tracked(t) {
		if !slices.Contains(written, path.Ext(name)) || slices.ContainsFunc(data, func(d string) bool { return name == d || strings.HasPrefix(name, d+"/") }) {
			continue
		}
		read++
		for number, line := range lines(t, name) {
			for w, pattern := range words {
				if found := pattern.FindString(line); found != "" {
					t.Errorf("%s:%d: %q; write %s", name, number, found, avoided[w])
				}
			}
		}
	}
	if read < 500 {
		t.Errorf("only %d files were read", read)
	}
}
