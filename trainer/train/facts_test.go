//go:build libtorch

package train_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
)

// shippedText opens the reader of the shipped text encoder, whose linear maps lie
// beside the training files.
func shippedText(t *testing.T) *train.FactReader {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "text")
	if err := train.ExtractText(shippedTraining(t), dir); err != nil {
		t.Fatal(err)
	}
	heads, err := os.ReadFile(filepath.Join(shippedFolder, train.FactsFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, train.FactsFile), heads, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := train.OpenFacts(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// writtenPrompt is a prompt that a person wrote, with what it says.
type writtenPrompt struct {
	text            string
	present, absent []string
	view, sex       string
	decade          int // as Facts.Decade
	child           bool
}

// writtenPrompts are prompts of people who did not know the grammar of the
// captions.
func writtenPrompts(t *testing.T) []writtenPrompt {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "dataset", "testdata", "prompts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	list := func(s string) []string { return strings.FieldsFunc(s, func(r rune) bool { return r == '|' }) }
	var prompts []writtenPrompt
	for _, row := range rows[1:] {
		p := writtenPrompt{text: row[0], present: list(row[1]), absent: list(row[2]), view: row[3], sex: row[4], child: row[6] == "1"}
		if row[5] != "" {
			decade, err := strconv.Atoi(row[5])
			if err != nil {
				t.Fatal(err)
			}
			p.decade = 1 + decade/10
		}
		prompts = append(prompts, p)
	}
	return prompts
}

// misread says what facts have wrong of a prompt: nothing where they are right.
func (p writtenPrompt) misread(f dataset.Facts) []string {
	var wrong []string
	for i, c := range f.Claims {
		name := dataset.Topic(i + 1).Name()
		switch {
		case slices.Contains(p.present, name) != (c == dataset.Present):
			wrong = append(wrong, name)
		case slices.Contains(p.absent, name) && c != dataset.Denied:
			wrong = append(wrong, "no "+name)
		}
	}
	if f.View != p.view {
		wrong = append(wrong, "view "+f.View)
	}
	if f.Sex != p.sex {
		wrong = append(wrong, "sex "+f.Sex)
	}
	if f.Decade != p.decade {
		wrong = append(wrong, "age "+strconv.Itoa(10*(f.Decade-1)))
	}
	if f.Child != p.child {
		wrong = append(wrong, "child")
	}
	return wrong
}

// TestWrittenPrompts reads prompts that people wrote.
func TestWrittenPrompts(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, prompts := shippedText(t), writtenPrompts(t)
	right := 0
	for _, p := range prompts {
		f, err := r.Read(p.text)
		if err != nil {
			t.Fatal(err)
		}
		if wrong := p.misread(f); len(wrong) == 0 {
			right++
		} else {
			t.Logf("misread %q: %q", p.text, wrong)
		}
	}
	share := float64(right) / float64(len(prompts))
	t.Logf("%d of %d prompts are read right", right, len(prompts))
	if len(prompts) < 200 || share < 0.95 {
		t.Errorf("%.1f %% of %d prompts are read right", 100*share, len(prompts))
	}
}

// TestShippedTextEncoder checks that the shipped encoder reaches what its training asks for.
func TestShippedTextEncoder(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := shippedText(t)
	spread, err := r.Spread()
	t.Logf("spread %.3f", spread)
	if err != nil || spread < 0.2 {
		t.Errorf("spread %g, %v", spread, err)
	}
	wrong := 0
	for _, e := range dataset.HeldOut() {
		f, err := r.Read(e.Text)
		if err != nil {
			t.Fatal(err)
		}
		if f.Claims != e.Facts.Claims {
			t.Logf("misread %q", e.Text)
			wrong++
		}
	}
	if n := len(dataset.HeldOut()); wrong > n*4/100 {
		t.Errorf("%d of %d texts with names kept out of training are misread", wrong, n)
	}
	if f, err := r.Read(""); err != nil || f != (dataset.Facts{}) {
		t.Errorf("the empty text says %+v, %v", f, err)
	}
}
