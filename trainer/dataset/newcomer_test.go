package dataset

import (
	"context"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/roentgo/roentgo/internal/messy"
)

// TestNewcomer prepares a folder as a newcomer brings it: each of its files is used,
// or left out for the right reason, and the page says so.
func TestNewcomer(t *testing.T) {
	dir := t.TempDir()
	tables, fate, err := messy.Folder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(fate) != messy.Files {
		t.Fatalf("%d files, want %d", len(fate), messy.Files)
	}
	out := filepath.Join(t.TempDir(), "data")
	sum, err := Prepare(context.Background(), Options{Manifests: tables, Out: out, Size: 64, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	used := map[string]Record{}
	for _, r := range p.Records {
		used[norm.NFD.String(strings.TrimPrefix(r.File, "./"))] = r
	}
	skipped := map[string]string{}
	for _, s := range sum.Skipped {
		if !strings.HasPrefix(s.Reason, "named twice") {
			skipped[s.File] = s.Reason
		}
	}
	page, err := os.ReadFile(filepath.Join(out, pageFile))
	if err != nil {
		t.Fatal(err)
	}
	text := norm.NFD.String(html.UnescapeString(string(page)))
	for file, want := range fate {
		_, isUsed := used[norm.NFD.String(file)]
		reason, isSkipped := skipped[file]
		switch want {
		case messy.Table:
			continue
		case messy.Used:
			if !isUsed {
				t.Errorf("%s was not used: %q", file, reason)
			}
		case messy.Unnamed:
			if !slices.Contains(sum.Unnamed, file) {
				t.Errorf("%s is not among the files that no table names", file)
			}
		default:
			if isUsed || !isSkipped || !strings.Contains(reason, want) {
				t.Errorf("%s: used %t, left out for %q, want %q", file, isUsed, reason, want)
			}
		}
		if !strings.Contains(text, norm.NFD.String(file)) {
			t.Errorf("the page does not say what became of %s", file)
		}
	}
	t.Log(sum.Reasons)
	if sum.Images != 50 || sum.Reasons["named twice"] != 1 || sum.Inverted != 4 || sum.DICOM != 4 || sum.Train == 0 || sum.Test == 0 {
		t.Errorf("%d images, reasons %v, %d negatives, %d DICOM, %d to train, %d to test", sum.Images, sum.Reasons, sum.Inverted, sum.DICOM, sum.Train, sum.Test)
	}
	for _, r := range p.Records {
		if len(r.Labels) == 0 || r.View == "" {
			t.Errorf("%s lost its labels or its view: %+v", r.File, r)
		}
	}
}
