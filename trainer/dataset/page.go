package dataset

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

//go:embed prepare.html.tmpl
var preparePage string

const (
	pageFile  = "prepare.html"
	pageFiles = 5000 // in its table, so that a browser opens it at once
)

// pageLine is a file and what became of it.
type pageLine struct{ File, Use, Said string }

// used is the line of an image that was taken.
func used(r Record) pageLine {
	said := []string{}
	note := func(on bool, format string, args ...any) {
		if on {
			said = append(said, fmt.Sprintf(format, args...))
		}
	}
	note(len(r.Labels) > 0, "%s", strings.Join(r.Labels, ", "))
	note(len(r.Others) > 0, "%s", strings.Join(r.Others, ", "))
	note(r.View != "", "%s view", r.View)
	note(r.Report != "", "a report")
	note(r.Photometric != "", "DICOM, %s", r.Photometric)
	note(r.Orientation > 1, "turned by its EXIF orientation %d", r.Orientation)
	note(r.Inverted, "a negative, which was inverted")
	if len(r.Window) == 2 {
		note(true, "black at %d, white at %d", r.Window[0], r.Window[1])
	}
	note(r.OwnWindow, "by the file's own window")
	note(r.Hidden > 0, "%.0f %% padding or transparent", 100*r.Hidden)
	note(r.Coloured, "colours became their luminance")
	return pageLine{r.File, map[string]string{Train: "to train", Test: "held out"}[r.Split], strings.Join(said, "; ")}
}

// page writes the page that says of every file what became of it.
func (s *store) page() error {
	t, err := template.New("prepare").Parse(preparePage)
	if err != nil {
		return err
	}
	var lines []pageLine
	for _, x := range s.sum.Skipped {
		lines = append(lines, pageLine{x.File, "no", x.Reason})
	}
	for _, file := range s.sum.Unnamed {
		lines = append(lines, pageLine{file, "no", "no table names it"})
	}
	lines = append(lines, s.lines...)
	more := s.sum.Images + len(s.sum.Skipped) + len(s.sum.Unnamed) - min(len(lines), pageFiles)
	lines = lines[:min(len(lines), pageFiles)]
	return atomicfile.Write(filepath.Join(s.dir, pageFile), false, func(w io.Writer) error {
		return t.Execute(w, map[string]any{"Summary": s.sum, "Files": lines, "More": more})
	})
}
