package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const table = tableTitle + `
|---|---|---|---|---|
| pleural effusion | 49 | 0.84 (0.76 to 0.92) | 0.91 (0.87 to 0.96) | 0.166 |
| pulmonary edema | 7 | 0.99 (0.95 to 1.00) | 0.92 (0.60 to 0.96) | 0.160 |
| fibrosis | 11 | 0.54 (0.34 to 0.75) | 0.78 (0.70 to 0.85) | 0.092 |
| hiatal hernia | 0 | – | 0.96 (0.92 to 0.99) | 0.164 |
| AP against PA | 114 | 1.00 (0.99 to 1.00) | 0.99 (0.97 to 1.00) | 0.144 |

text
`

func TestParse(t *testing.T) {
	f, err := parse("# card\n" + table)
	if err != nil {
		t.Fatal(err)
	}
	want := []finding{
		{"pleural effusion", 49, interval{0.84, 0.76, 0.92}, interval{0.91, 0.87, 0.96}, true, false},
		{"pulmonary edema", 7, interval{0.99, 0.95, 1}, interval{0.92, 0.60, 0.96}, false, true}, // at the bound, not above it
		{"fibrosis", 11, interval{0.54, 0.34, 0.75}, interval{0.78, 0.70, 0.85}, false, false},
		{"hiatal hernia", 0, interval{}, interval{0.96, 0.92, 0.99}, false, true},
	}
	if len(f.Findings) != len(want) {
		t.Fatalf("%+v", f)
	}
	for k, w := range want {
		if f.Findings[k] != w {
			t.Errorf("%+v, want %+v", f.Findings[k], w)
		}
	}
	for says, bad := range map[string]string{
		"no table":     "# card",
		"is empty":     tableTitle + "\n|---|\n",
		"cells":        strings.Replace(table, " | 0.166", "", 1),
		"no figure":    strings.Replace(table, "0.84 (0.76", "0.84 (NaN", 1),
		"invalid synt": strings.Replace(table, "| 49 |", "| many |", 1),
	} {
		if _, err := parse(bad); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

// TestIsOfTheCard makes the page's file again.
func TestIsOfTheCard(t *testing.T) {
	out := filepath.Join(t.TempDir(), "findings.json")
	if err := write("../../weights/default/README.md", out); err != nil {
		t.Fatal(err)
	}
	made, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("../app/learn/findings.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(made) != string(kept) {
		t.Error("app/learn/findings.json is not of the card: run 'go generate ./site/findings'")
	}
}
