package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestChart(t *testing.T) {
	p := panel{title: "Time & place", x: "steps", y: "ms", logX: true, lines: []line{{"a", []point{{4, 1}, {16, 5}, {17, 6}}}, {"b", []point{{4, 2}, {16, 9}}}}}
	path := filepath.Join(t.TempDir(), "chart.svg")
	if err := (chart{title: "All", columns: 2, panels: []panel{p, p, p}}).write(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for d := xml.NewDecoder(strings.NewReader(string(data))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			text.WriteString(strings.TrimSpace(string(c)) + "\n")
		}
	}
	for want, n := range map[string]int{"\nAll\n": 1, "\nTime & place\n": 3, "\nsteps\n": 3, "\na\n": 3, "\n16\n": 3, "\n17\n": 0} {
		if got := strings.Count(text.String(), want); got != n {
			t.Errorf("the text %q is there %d times, want %d, in\n%s", want, got, n, text.String())
		}
	}
	falling := panel{lines: []line{{"a", []point{{1, 9}, {2, 1}}}}}
	if !p.rises() || falling.rises() {
		t.Errorf("a panel that rises: %t, one that falls: %t", p.rises(), falling.rises())
	}
}
