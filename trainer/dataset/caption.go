package dataset

import (
	"slices"
	"strconv"
	"strings"

	"github.com/roentgo/roentgo/sampler/noise"
	"github.com/roentgo/roentgo/sampler/prompt"
)

// streamCaption is the first of the streams that captions are drawn from, one
// per variant.
const streamCaption = noise.StreamTraining + 1<<24

// Caption writes report-like text for an image that comes with labels alone.
// Image index and variant choose the words; the same four arguments give the
// same text. It says the view, where it is known, at times sex and decade of
// age, every finding that the record has, and some or all of those that it has
// not.
//
// A record with a report has that for its caption, unless it has labels as
// well and the report says no more than that the patient is a child.
func Caption(r Record, seed uint64, index, variant int) string {
	if r.Report != "" && !r.child() {
		return r.Report
	}
	w := &writer{seed: seed, image: uint32(index), stream: streamCaption + uint32(variant)}
	f, more := r.facts(w)
	text := trimmed(w.text(f))
	for _, t := range more {
		text = strings.TrimSuffix(text, ".") + ". " + w.of(t.shows) + "."
	}
	return text
}

// Speaks reports whether the grammar's caption of a record speaks of findings,
// be it that there are none.
func Speaks(r Record) bool {
	return r.Has("No Finding") || slices.ContainsFunc(terms[:], func(t term) bool { return r.Has(t.label) })
}

// child reports whether the record is of a child: its report says so.
func (r Record) child() bool {
	words := prompt.Words(r.Report)
	return len(r.Labels) > 0 && (slices.Contains(words, "paediatric") || slices.Contains(words, "pediatric"))
}

// facts chooses what a caption says of a record, and lists the findings that it
// has beside those of [Facts].
//
// Images of COVID-19 say nothing of findings: nearly all are of one hospital,
// so that the word would come to mean its look.
func (r Record) facts(w *writer) (f Facts, more []term) {
	f = Facts{View: r.View, Child: r.child()}
	if r.View != "PA" && r.View != "AP" {
		f.View = ""
	}
	if w.chance(40) && slices.Contains(sexes, r.Sex) {
		f.Sex = r.Sex
		if r.Age > 0 && w.chance(60) {
			f.Decade = 1 + min(r.Age, 99)/10
		}
	}
	if !Speaks(r) {
		return f, nil
	}
	f.Normal = r.Has("No Finding")
	full, some := w.chance(30), w.below(4)
	for _, k := range w.permutation(len(terms)) {
		switch t := terms[k]; {
		case r.Has(t.label) && k < findingCount:
			f.Findings[k] = Present
		case r.Has(t.label):
			more = append(more, t)
		case k < findingCount && t.target && !related(r, t.label) && (full || some > 0):
			f.Findings[k] = Denied
			some--
		}
	}
	if f.Normal && (full || w.chance(20)) && len(f.indices(Denied)) > 0 {
		f.Normal = w.chance(50) // said by its denials alone, at times
	}
	return f, more
}

// permutation is a random order of n things.
func (w *writer) permutation(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	shuffle(w, list)
	return list
}

// related reports whether saying that label is absent would contradict what
// the record says in another word.
func related(r Record, label string) bool {
	return slices.Contains(opacities, label) && slices.ContainsFunc(opacities, r.Has)
}

// CaptionWords lists every word that a caption or a text of [Prompt] can have,
// typing errors apart, sorted.
func CaptionWords() []string {
	seen := map[string]bool{}
	add := func(lists ...[]string) {
		for _, list := range lists {
			for _, text := range list {
				for _, word := range prompt.Words(strings.ReplaceAll(text, "%s", " ")) {
					seen[word] = true
				}
			}
		}
	}
	for _, t := range terms {
		add(t.formal, t.casual, t.shows, t.clear)
	}
	add(normalFormal, normalCasual, normalClauses, presentForms, presentFree, deniedForms, deniedFree, heldOutPresent, heldOutDenied,
		joinPresent, sides, degrees, places, hedges, remarks, decadeNames,
		[]string{"of a year old and or nor neither but showing with demonstrating findings report impression conclusion on in aged age years yo yr her his their to is was has been no not without however rather than persists cleared resolved remains although there excluded just only absence the seen suspected likely cannot be possible probable patient y w o"})
	for _, m := range []map[string][]string{studiesFormal, studiesCasual, personsFormal, personsCasual, children} {
		for _, list := range m {
			add(list)
		}
	}
	for age := range 100 {
		seen[strconv.Itoa(age)] = true
		if age%10 == 0 && age > 0 {
			seen[strconv.Itoa(age)+"s"] = true
		}
	}
	words := make([]string, 0, len(seen))
	for w := range seen {
		words = append(words, w)
	}
	slices.Sort(words)
	return words
}
