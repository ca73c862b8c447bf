package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/roentgo/roentgo/sampler"
)

// TestBarFits draws the line in terminals of all widths: it never reaches the
// last column, and shows the step as long as there is room.
func TestBarFits(t *testing.T) {
	for width := range 200 {
		var out bytes.Buffer
		r := newReporter(false, &out, &out)
		r.width = func() int { return width }
		r.progress(sampler.Progress{Image: 999, Images: 1000, Step: 15, Steps: 15, Remaining: 12*time.Minute + 30500*time.Millisecond})
		line, redraws := strings.CutPrefix(out.String(), "\r\x1b[K")
		if n := utf8.RuneCountInString(line); !redraws || n > max(width-1, 0) {
			t.Fatalf("%d columns: a line of %d characters, %q", width, n, out.String())
		}
		if want := "image 1000 of 1000, step 15 of 15"; width > len(want) && !strings.Contains(line, want) {
			t.Errorf("%d columns: %q lacks the step", width, line)
		}
	}
	if got, want := bar(81, 1, 2, "step 1 of 2"), "[###############---------------] step 1 of 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := bar(26, 1, 2, "step 1 of 2"), "[#####------] step 1 of 2"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
