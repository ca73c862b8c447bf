package dataset

import (
	"slices"
	"strings"

	"github.com/roentgo/roentgo/internal/noise"
)

// streamCaption is the first of the streams that captions are drawn from, one
// per variant.
const streamCaption = noise.StreamTraining + 1<<24

// Caption writes report-like text for an image that comes with labels only.
// Image index and variant choose the words; the same four arguments give the
// same text.
//
// A record with a report has that for its caption; see [Record.Reported].
//
// The caption always states the view, where it is known, and says of a child
// that it is one. It speaks of no side and no degree, and of age by decades.
// Images of COVID-19 get no finding at all: nearly all are of one hospital, so
// that the word would come to mean its look.
func Caption(r Record, seed uint64, index, variant int) string {
	if r.Reported() {
		return r.Report
	}
	return captionOf(r, seed, index, variant).Text()
}

// description marks a report_text that describes a whole data set.
const description = "data set description"

// Reported reports whether the record's caption is its report: where it has
// one that speaks of this image, or no label that the captions know.
func (r Record) Reported() bool {
	present, unknown := labelled(r)
	known := len(present) > 0 || !unknown
	return r.Report != "" && !(known && strings.Contains(r.Report, description))
}

// labelled lists the findings that the record has. unknown is true when it
// bears neither one of them nor the label of a normal image.
func labelled(r Record) (present []*finding, unknown bool) {
	for i := range findings {
		if r.Has(findings[i].label) {
			present = append(present, &findings[i])
		}
	}
	return present, len(present) == 0 && !r.Has(NoFinding)
}

// isChild reports whether the record is of a child: younger than ten, or of a
// data set of children.
func (r Record) isChild() bool {
	lower := strings.ToLower(r.Report)
	return r.Age > 0 && r.Age < 10 || strings.Contains(lower, "paediatric") || strings.Contains(lower, "pediatric")
}

// captionOf writes the caption of a record without a report of its own.
func captionOf(r Record, seed uint64, index, variant int) Spoken {
	d := &writer{seed: seed, image: uint32(index), stream: streamCaption + uint32(variant)}
	f := Facts{View: r.View, Child: r.isChild()}
	if r.Sex == "F" || r.Sex == "M" {
		if d.chance(50) {
			f.Sex = r.Sex
		}
	}
	if r.Age > 0 && d.chance(50) {
		f.Decade = decadeOf(r.Age)
	}
	present, unknown := labelled(r)
	if unknown {
		if len(r.Others) > 0 {
			return Spoken{fill(d.of([]string{"% showing %", "% with %", "%, %", "%: %", "%. %"}), d.studyAndPerson(f), d.others(r)), f}
		}
		return Spoken{d.studyAndPerson(f), f}
	}
	present = slices.Clone(present)
	shuffle(d, present)
	denied := d.deniable(r)
	for _, x := range present {
		f.Claims[x.topic-1] = Present
	}
	if len(present) == 0 {
		f.Claims[TopicNormal-1] = Present
	}
	for _, x := range denied {
		f.Claims[x.topic-1] = Denied
	}
	if d.chance(50) {
		words := d.line(f, present, denied)
		if len(r.Others) > 0 {
			words = fill(d.of([]string{"%, %", "%; %", "%. %"}), words, d.others(r))
		}
		return Spoken{words, f}
	}
	words := d.sentences(f, present, denied)
	if len(r.Others) > 0 {
		words = append(append(words, d.others(r)...), Word{Text: ".", tight: true})
	}
	return Spoken{words, f}
}

// others names the findings that have no topic, in their own words.
func (d *writer) others(r Record) []Word {
	var items [][]Word
	for _, said := range r.Others {
		items = append(items, plain(said))
	}
	return d.list(items, "and")
}

// deniable chooses what a caption denies: three captions of ten list every
// target finding, the others some or none. What the labels leave open is not
// denied: a lung with one kind of opacity may bear another's label as well, and
// children with pneumonia were labelled for nothing else.
func (d *writer) deniable(r Record) []*finding {
	var list []*finding
	if r.isChild() && !r.Has(NoFinding) {
		return nil
	}
	for i := range findings {
		if f := &findings[i]; f.target && !r.Has(f.label) && !related(r, f.topic) && !r.leavesOpen(f.topic) {
			list = append(list, f)
		}
	}
	shuffle(d, list)
	if d.chance(30) {
		return list
	}
	return list[:min(len(list), d.oneOf(45, 25, 20, 10))]
}

// opacities are findings that readers call by each other's names.
var opacities = []Topic{TopicPneumonia, TopicConsolidation, TopicInfiltration, TopicEdema}

// related reports whether saying that a finding is absent would contradict
// what the record says in another word: an infiltrate may be a consolidation,
// and a part of the lung that has collapsed looks like one.
func related(r Record, t Topic) bool {
	if t == TopicAtelectasis {
		return r.Has("Consolidation")
	}
	if !slices.Contains(opacities, t) {
		return false
	}
	return slices.ContainsFunc(opacities, func(o Topic) bool { return r.Has(o.Name()) }) || t == TopicConsolidation && r.Has("Atelectasis")
}

// studyAndPerson speaks of the study and of as much of the patient as the facts
// do.
func (d *writer) studyAndPerson(f Facts) []Word {
	study := d.studyOf(f.View)
	if f.Sex == "" && f.Decade == 0 && !f.Child {
		return study
	}
	return fill(d.of([]string{"% of a %", "% of a %", "%, %", "%. %"}), study, d.person(f))
}

// line is one phrase, as people type it.
func (d *writer) line(f Facts, present, denied []*finding) []Word {
	about, what := d.studyAndPerson(f), d.content(f, present, denied)
	if d.chance(35) {
		return fill(d.of([]string{"%, %", "%. %", "% on %"}), what, about)
	}
	return fill(d.of([]string{"% showing %", "% with %", "% demonstrating %", "%, %", "%: %", "%. %"}), about, what)
}

// sentences is a few sentences: study, findings present and absent, and at
// times an impression.
func (d *writer) sentences(f Facts, present, denied []*finding) []Word {
	var words []Word
	add := func(c []Word) { words = append(append(words, c...), Word{Text: ".", tight: true}) }
	clauses := d.clauses(f, present, denied)
	first := d.chance(80)
	if first {
		add(d.studyAndPerson(f))
	}
	words = append(words, plain(d.of([]string{"", "", "findings:", "report:"}))...)
	for _, c := range clauses {
		add(c.words)
	}
	if d.chance(35) {
		if end := d.impression(f, present, nil); len(end) > 0 {
			words = append(words, plain(d.of([]string{"impression:", "conclusion:"}))...)
			add(end)
		}
	}
	if !first {
		add(d.studyAndPerson(f))
	}
	return words
}
