// Command findings writes what the page for students says of each finding: how well a
// classifier recognises it, from the model's card.
//
//	go generate ./site/findings
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
)

//go:generate go run . -card ../../weights/default/README.md -out ../app/learn/findings.json

func main() {
	card := flag.String("card", "", "the model's card, which 'roentgo-train page' writes")
	out := flag.String("out", "", "the JSON file to write")
	flag.Parse()
	if *card == "" || *out == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: findings -card README.md -out FILE.json")
		os.Exit(2)
	}
	if err := write(*card, *out); err != nil {
		fmt.Fprintln(os.Stderr, "findings:", err)
		os.Exit(1)
	}
}

func write(card, out string) error {
	text, err := os.ReadFile(card)
	if err != nil {
		return err
	}
	list, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", card, err)
	}
	content, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(out, true, append(content, '\n'))
}

// The rules by which the page shows a finding.
const (
	leastMade  = 0.6 // lower bound of the AUC in generated images, above it
	leastReal  = 0.5 // lower bound of the AUC in real images, above it
	fewImages  = 10  // real images; with fewer the page says so
	tableTitle = "| Finding | real images | AUC on them | AUC on generated | change |"
)

// figures is what the page says, and by which rule.
type figures struct {
	LeastMade float64   `json:"leastMade"`
	LeastReal float64   `json:"leastReal"`
	FewImages int       `json:"fewImages"`
	Findings  []finding `json:"findings"`
}

// finding is a row of the card's table.
type finding struct {
	Name   string   `json:"name"`
	Images int      `json:"images"` // real ones, held out
	Real   interval `json:"real"`   // AUC
	Made   interval `json:"made"`   // AUC
	// Shown is whether the finding passes the rules.
	Shown bool `json:"shown"`
	Few   bool `json:"few"` // real images
}

type interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// parse reads the card's table of findings. Its last row is of the view.
func parse(card string) (figures, error) {
	f := figures{LeastMade: leastMade, LeastReal: leastReal, FewImages: fewImages}
	_, rest, ok := strings.Cut(card, tableTitle+"\n")
	if !ok {
		return f, fmt.Errorf("no table %q", tableTitle)
	}
	for number, line := range strings.Split(rest, "\n")[1:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if strings.HasPrefix(cells[0], "AP against") {
			continue
		}
		if len(cells) != 5 {
			return f, fmt.Errorf("row %d of the table has %d cells, 5 are wanted", number+1, len(cells))
		}
		row, err := parseRow(cells)
		if err != nil {
			return f, fmt.Errorf("%s: %w", cells[0], err)
		}
		f.Findings = append(f.Findings, row)
	}
	if len(f.Findings) == 0 {
		return f, fmt.Errorf("the table %q is empty", tableTitle)
	}
	return f, nil
}

func parseRow(cells []string) (row finding, err error) {
	row.Name = cells[0]
	if row.Images, err = strconv.Atoi(cells[1]); err != nil {
		return row, err
	}
	if cells[2] != "–" { // no real image has it
		if row.Real, err = parseInterval(cells[2]); err != nil {
			return row, err
		}
	}
	if row.Made, err = parseInterval(cells[3]); err != nil {
		return row, err
	}
	row.Shown = row.Made.Low > leastMade && row.Real.Low > leastReal
	row.Few = row.Images < fewImages
	return row, nil
}

var intervalForm = regexp.MustCompile(`^([01]\.[0-9]+) \(([01]\.[0-9]+) to ([01]\.[0-9]+)\)$`)

func parseInterval(text string) (v interval, err error) {
	parts := intervalForm.FindStringSubmatch(text)
	if parts == nil {
		return v, fmt.Errorf("%q is no figure with its bounds", text)
	}
	for k, to := range []*float64{&v.Value, &v.Low, &v.High} {
		if *to, err = strconv.ParseFloat(parts[k+1], 64); err != nil {
			return v, err
		}
	}
	return v, nil
}
