//go:build libtorch

package train_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/train"
)

// handWritten reads prompts that people wrote, with their facts.
func handWritten(t *testing.T) (texts []string, facts []dataset.Facts) {
	t.Helper()
	f, err := os.Open("../dataset/testdata/prompts.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		var f dataset.Facts
		for state, list := range map[dataset.State]string{dataset.Present: r[1], dataset.Denied: r[2]} {
			for _, label := range strings.Split(list, "|") {
				switch k := slices.Index(dataset.FindingLabels(), label); {
				case label == "Normal":
					f.Normal = true
				case k >= 0:
					f.Findings[k] = state
				case label != "":
					t.Fatalf("no finding %q", label)
				}
			}
		}
		f.View, f.Sex, f.Child = r[3], r[4], r[6] == "1"
		if decade, err := strconv.Atoi(r[5]); err == nil {
			f.Decade = 1 + decade/10
		}
		texts, facts = append(texts, r[0]), append(facts, f)
	}
	return texts, facts
}

// TestHandWritten holds the text encoder of the run in ROENTGO_TEXT_RUN to
// prompts that people wrote and no grammar made.
func TestHandWritten(t *testing.T) {
	run := os.Getenv("ROENTGO_TEXT_RUN")
	if run == "" {
		t.Skip("ROENTGO_TEXT_RUN does not name the run of a text encoder")
	}
	texts, facts := handWritten(t)
	if len(texts) < 200 {
		t.Fatalf("%d prompts, at least 200 are needed", len(texts))
	}
	r, err := train.OpenReader(run)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	right := 0
	for i, text := range texts {
		got, err := r.Read([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		if got[0] == facts[i] {
			right++
		} else {
			t.Logf("%q\n\tread %v\n\twant %v", text, got[0], facts[i])
		}
	}
	t.Logf("%d of %d prompts are read without an error", right, len(texts))
	if float64(right) < 0.95*float64(len(texts)) {
		t.Errorf("%d of %d prompts are read without an error, want 95 of 100", right, len(texts))
	}
}
