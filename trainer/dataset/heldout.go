package dataset

import "strings"

// Example is a text with what it says.
type Example struct {
	Text  string
	Facts Facts
}

// How the names that are held out are spoken of.
var (
	heldPresent = []string{"%", "there is %", "chest x-ray showing %", "PA view of a man with %"}
	heldDenied  = []string{"no %", "no evidence of %", "chest x-ray without %"}
)

// HeldOut lists texts in which a finding is claimed or denied by a name that no
// caption uses: what a text encoder makes of them shows whether it understands
// or remembers.
func HeldOut() []Example {
	var list []Example
	for i := range findings {
		f := &findings[i]
		for _, name := range f.held {
			for _, form := range heldPresent {
				e := Example{Text: strings.ReplaceAll(form, "%", name)}
				e.Facts.Claims[f.topic-1] = Present
				if strings.Contains(form, "PA") {
					e.Facts.View = "PA"
				}
				if strings.Contains(form, "man") {
					e.Facts.Sex = "M"
				}
				list = append(list, e)
			}
			for _, form := range heldDenied {
				e := Example{Text: strings.ReplaceAll(form, "%", name)}
				e.Facts.Claims[f.topic-1] = Denied
				list = append(list, e)
			}
		}
	}
	return list
}

// Opposites lists, for each finding, a text that claims it and one that denies
// it: "pleural effusion", "no pleural effusion".
func Opposites() [][2]string {
	var list [][2]string
	for _, f := range findings {
		list = append(list, [2]string{f.names[0], "no " + f.names[0]})
	}
	return list
}
