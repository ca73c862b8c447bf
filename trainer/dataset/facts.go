package dataset

import "slices"

// State is what a text says of a finding.
type State uint8

// The states of a finding.
const (
	Unsaid State = iota
	Present
	Denied
)

// Facts are what a text says of an image: what a text encoder is pretrained to
// read. The zero value says nothing.
type Facts struct {
	Findings [findingCount]State // in the order of FindingLabels
	Normal   bool                // the chest as a whole is called normal
	View     string              // PA, AP or nothing
	Sex      string              // F, M or nothing
	Decade   int                 // 1 + age/10, 1 to 10; 0: unsaid
	Child    bool
}

// findingCount is the number of findings that facts are about: the labels of
// NIH ChestX-ray14 (Wang et al. 2017).
const findingCount = 14

// FindingLabels lists the findings of Facts.Findings, by their labels.
func FindingLabels() []string {
	labels := make([]string, findingCount)
	for i, t := range terms[:findingCount] {
		labels[i] = t.label
	}
	return labels
}

// FindingName is the usual name of a finding in a report, by its label; the
// label itself where it is none of [FindingLabels].
func FindingName(label string) string {
	if k := findingIndex(label); k >= 0 {
		return terms[k].formal[0]
	}
	return label
}

// findingIndex is the place of a label in Facts.Findings; −1 where it has none.
func findingIndex(label string) int {
	return slices.IndexFunc(terms[:findingCount], func(t term) bool { return t.label == label })
}

// Targets counts the classes of each output of a reader of facts: one output
// per finding with its three states, then whether the chest is normal, the
// view, the sex, the decade of age, and whether it is a child.
func Targets() []int {
	return append(slices.Repeat([]int{3}, findingCount), 2, 3, 3, 11, 2)
}

// Classes gives the class of each output of [Targets].
func (f Facts) Classes() []int {
	list := make([]int, 0, findingCount+5)
	for _, s := range f.Findings {
		list = append(list, int(s))
	}
	return append(list, oneIf(f.Normal), 1+slices.Index(views, f.View), 1+slices.Index(sexes, f.Sex), f.Decade, oneIf(f.Child))
}

// FactsOf is the inverse of [Facts.Classes].
func FactsOf(classes []int) Facts {
	var f Facts
	for i := range f.Findings {
		f.Findings[i] = State(classes[i])
	}
	rest := classes[findingCount:]
	f.Normal, f.Decade, f.Child = rest[0] == 1, rest[3], rest[4] == 1
	if v := rest[1]; v > 0 {
		f.View = views[v-1]
	}
	if s := rest[2]; s > 0 {
		f.Sex = sexes[s-1]
	}
	return f
}

var (
	views = []string{"PA", "AP"}
	sexes = []string{"F", "M"}
)

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}
