package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/sampler/noise"
)

// writer gives the choices of one text, one after another.
type writer struct {
	seed          uint64
	image, stream uint32
	n             uint32
	// free adds what an image's labels cannot vouch for: side and degree,
	// everyday words, abbreviations, and remarks about other things.
	free bool
}

func (w *writer) below(n int) int {
	w.n++
	return noise.Below(n, w.seed, w.n-1, w.image, w.stream)
}

func (w *writer) of(list []string) string { return list[w.below(len(list))] }

// chance is true with a probability of percent.
func (w *writer) chance(percent int) bool { return w.below(100) < percent }

// shuffle brings a list into a random order.
func shuffle[T any](w *writer, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := w.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// either draws from the casual list as well where the writer is free.
func (w *writer) either(formal, casual []string) string {
	if w.free && len(casual) > 0 && w.chance(55) {
		return w.of(casual)
	}
	return w.of(formal)
}

var (
	sides   = []string{"left", "right", "bilateral", "left lower lobe", "right upper lobe", "right basilar", "left-sided", "right-sided", "basal", "apical", "bibasilar", "right middle lobe", "retrocardiac"}
	degrees = []string{"small", "mild", "moderate", "large", "severe", "minimal", "tiny", "new", "worsening", "persistent", "chronic", "subtle", "massive", "trace", "extensive", "acute", "early", "stable", "marked", "borderline", "slight", "residual", "known", "significant"}
	places  = []string{"on the left", "on the right", "at the left base", "in the right lower lobe", "on both sides", "at the bases", "in the upper lobe", "bilaterally", "in the lungs"}
	hedges  = []string{"possible", "suspected", "probable", "likely", "questionable", "suspicion of", "findings suspicious for", "concern for", "presumed", "maybe", "suggestive of", "?"}
)

// name is a noun phrase for a finding.
func (w *writer) name(k int) string {
	t := terms[k]
	s := w.either(t.formal, t.casual)
	if !w.free {
		return s
	}
	if w.chance(12) {
		s = w.of(sides) + " " + s
	}
	if w.chance(15) {
		s = w.of(degrees) + " " + s
	}
	return s
}

// names joins noun phrases of findings with a word before the last.
func (w *writer) names(list []int, last string) string {
	words := make([]string, len(list))
	for i, k := range list {
		words[i] = w.name(k)
	}
	if len(words) == 1 {
		return words[0]
	}
	join := ", "
	if w.free && w.chance(15) {
		join = " " + last + " "
	}
	end := " " + last + " "
	if w.free && w.chance(20) {
		end = ", " + last + " "
	}
	return strings.Join(words[:len(words)-1], join) + end + words[len(words)-1]
}

// The forms of statements, of one finding or of several. Those of heldOut forms
// are never trained on: they measure whether an encoder reads sentences that it
// has not seen.
var (
	presentForms = []string{"%s", "%s", "there is %s", "%s is present", "%s is seen", "findings of %s", "evidence of %s", "consistent with %s"}
	presentFree  = []string{"there is a %s", "%s noted", "%s is noted", "shows %s", "x-ray with %s", "demonstrates %s", "patient with %s", "%s visible", "%s seen", "positive for %s", "%s identified",
		"there are %s", "known %s", "%s again seen", "remarkable for %s", "%s persists", "%s remains", "picture of %s", "signs of %s", "features of %s", "%s can be seen", "has %s", "%s +", "+ %s", "unchanged %s",
		"%s is identified", "we see %s", "an x-ray that shows %s", "diagnosis: %s", "dx %s", "keeping with %s", "compatible with %s", "in keeping with %s", "%s has developed", "interval development of %s", "%s on this film", "there appears to be %s", "please draw %s", "i want %s", "example of %s", "classic %s", "typical %s", "he has %s", "she has %s", "suffering from %s", "%s are present", "%s are seen"}
	deniedForms = []string{"no %s", "no %s", "there is no %s", "no evidence of %s", "no %s is seen", "without %s", "without evidence of %s", "negative for %s", "free of %s"}
	deniedFree  = []string{"no sign of %s", "no signs of %s", "%s is absent", "%s has been ruled out", "%s ruled out", "%s was excluded", "%s excluded", "%s is not seen", "%s not seen", "absence of %s", "w/o %s",
		"%s has resolved", "%s has cleared", "no longer any %s", "%s is no longer seen", "no definite %s", "no obvious %s", "no acute %s", "no new %s", "not %s", "-ve for %s", "%s: no", "no visible %s", "there is not any %s",
		"denies %s", "no suspicious %s", "%s is not identified", "no features of %s", "resolved %s", "never had %s", "%s absent", "lacks %s", "nil %s", "there are no %s", "%s is not present", "no focal %s", "clear of %s", "no residual %s", "does not have %s", "no radiographic evidence of %s", "the previous %s has gone", "no %s identified", "no %s seen", "minus %s", "no convincing %s"}
	heldOutPresent = []string{"the film reveals %s", "%s is appreciated", "appearances of %s"}
	heldOutDenied  = []string{"%s is not appreciated", "the film reveals no %s", "no appearance of %s"}

	joinPresent = []string{"and", "with", "plus", "as well as", "and", "and also"}
)

// says is a statement that findings of the list, one or more, are present or,
// with denied, absent.
func (w *writer) says(list []int, denied bool) string {
	if len(list) == 1 && w.chance(35) {
		if t := terms[list[0]]; denied && len(t.clear) > 0 {
			return w.of(t.clear)
		} else if !denied && len(t.shows) > 0 {
			return w.of(t.shows)
		}
	}
	if denied {
		form := w.either(deniedForms, deniedFree)
		if len(list) == 2 && w.free && w.chance(15) {
			return "neither " + w.name(list[0]) + " nor " + w.name(list[1])
		}
		last := "or"
		if strings.HasPrefix(form, "%s") || w.free && w.chance(15) {
			last = "and"
		}
		if len(list) > 1 && w.free && w.chance(15) { // "no a, no b, no c"
			words := make([]string, len(list))
			for i, k := range list {
				words[i] = "no " + w.name(k)
			}
			return strings.Join(words, ", ")
		}
		return fmt.Sprintf(form, w.names(list, last))
	}
	last := "and"
	if w.free {
		last = w.of(joinPresent)
	}
	s := w.names(list, last)
	if w.free && w.chance(12) {
		if w.chance(20) {
			return s + w.of([]string{" is suspected", " is likely", " cannot be excluded", " is possible", "?", " is probable"})
		}
		return w.of(hedges) + " " + s
	}
	s = fmt.Sprintf(w.either(presentForms, presentFree), s)
	if w.free && w.chance(10) {
		s += " " + w.of(places)
	}
	return s
}

// normal says that the chest as a whole is normal.
func (w *writer) normal() string {
	if w.chance(45) {
		return w.of(normalClauses)
	}
	return w.either(normalFormal, normalCasual)
}

// statements are what f says of findings, in a random order, some of them
// joined.
func (w *writer) statements(f Facts) []string {
	var present, denied []int
	for k, s := range f.Findings {
		switch s {
		case Present:
			present = append(present, k)
		case Denied:
			denied = append(denied, k)
		}
	}
	shuffle(w, present)
	shuffle(w, denied)
	var list []string
	// One sentence of both kinds.
	if w.free && len(present) > 0 && len(denied) > 0 && w.chance(30) {
		p, q := 1+w.below(min(2, len(present))), 1+w.below(min(2, len(denied)))
		has, lacks := w.names(present[:p], "and"), w.names(denied[:q], "or")
		list = append(list, fmt.Sprintf(w.of([]string{"%[1]s without %[2]s", "%[1]s but no %[2]s", "no %[2]s but %[1]s", "although there is no %[2]s, %[1]s is seen", "without %[2]s, but with %[1]s",
			"%[1]s, no %[2]s", "there is %[1]s and no %[2]s", "%[2]s has resolved, but %[1]s remains", "%[1]s w/o %[2]s", "%[1]s with no evidence of %[2]s", "no %[2]s, just %[1]s", "not %[2]s but %[1]s", "%[1]s rather than %[2]s", "%[1]s persists, %[2]s has cleared", "%[1]s; no %[2]s", "%[1]s minus %[2]s", "%[2]s has been excluded, however there is %[1]s", "no %[2]s, only %[1]s", "%[1]s in the absence of %[2]s", "with %[1]s and without %[2]s"}), has, lacks))
		present, denied = present[p:], denied[q:]
	}
	group := func(left []int, denied bool, most int) {
		for len(left) > 0 {
			n := 1 + w.below(min(most, len(left)))
			list = append(list, w.says(left[:n], denied))
			left = left[n:]
		}
	}
	group(present, false, 3)
	group(denied, true, 4)
	if f.Normal {
		list = append(list, w.normal())
	}
	if w.free && w.chance(25) {
		list = append(list, w.of(remarks))
	}
	shuffle(w, list)
	return list
}

// remarks are about other things than the facts.
var remarks = []string{"bones are intact", "no fracture", "the trachea is midline", "endotracheal tube in place", "pacemaker leads in place", "the mediastinum is unremarkable", "central line tip in the superior vena cava",
	"osseous structures are unremarkable", "comparison with the prior study", "history of cough and fever", "shortness of breath", "sternotomy wires", "degenerative changes of the spine", "the aorta is tortuous",
	"poor inspiration", "rotated film", "nasogastric tube below the diaphragm", "hx of smoking", "chest pain", "after surgery", "post op day 2", "no rib fracture", "soft tissues are normal", "evaluate", "follow-up", "icu", "emergency department", "synthetic image", "high quality", "teaching case"}

// age is how an age in years or, where the writer is not free, its decade is
// said; person is who has it.
func (w *writer) age(decade int, person string) string {
	from := 10 * (decade - 1)
	switch years := from + w.below(10); {
	case w.free && w.chance(60):
		years = max(years, 1)
		return fmt.Sprintf(w.of([]string{"%[1]d year old %[2]s", "%[1]d-year-old %[2]s", "%[1]d yo %[2]s", "%[1]d y/o %[2]s", "%[2]s, %[1]d", "%[2]s %[1]d", "%[2]s aged %[1]d", "%[1]dyo %[2]s", "%[1]d yr old %[2]s", "%[2]s, age %[1]d", "%[1]d years, %[2]s", "%[1]d %[2]s", "%[2]s of %[1]d", "%[2]s %[1]d y"}), years, person)
	case decade <= 2:
		return fmt.Sprintf(w.of([]string{"%[2]s, age %[1]d to %[3]d", "%[2]s of %[1]d to %[3]d years"}), from, person, from+9)
	}
	return fmt.Sprintf(w.of([]string{"%[2]s in the %[3]s", "%[2]s in %[4]s %[3]s", "%[1]ds %[2]s", "%[2]s, %[1]ds"}), from, person, decadeNames[decade-1], w.of([]string{"her", "his", "their"}))
}

// person names who is seen; nothing where nothing is said of it.
func (w *writer) person(f Facts) string {
	var who string
	switch {
	case f.Child:
		who = w.of(children[f.Sex])
	case f.Sex == "" && f.Decade == 0:
		return ""
	default:
		who = w.either(personsFormal[f.Sex], personsCasual[f.Sex])
	}
	if f.Decade > 0 {
		who = w.age(f.Decade, who)
	}
	return who
}

// study names the kind of image and who is seen, as f says.
func (w *writer) study(f Facts) string {
	s := w.either(studiesFormal[f.View], studiesCasual[f.View])
	switch who := w.person(f); {
	case who == "":
		return s
	case w.free:
		return fmt.Sprintf(w.of([]string{"%s of a %s", "%s, %s", "%[2]s, %[1]s", "%[2]s. %[1]s", "%s in a %s", "%s: %s", "%s, patient is a %s", "%s. %s"}), s, who)
	default:
		return s + " of a " + who
	}
}

// text is a whole text of the facts: a telegram, a phrase or a report.
func (w *writer) text(f Facts) string {
	list := w.statements(f)
	study := ""
	if f.View != "" || f.Sex != "" || f.Decade > 0 || f.Child || len(list) == 0 || w.chance(40) {
		study = w.study(f)
	}
	switch {
	case len(list) == 0:
		return study
	case len(list) <= 2 && w.chance(60): // a phrase
		s := strings.Join(list, w.of([]string{", ", " and ", ", "}))
		if strings.HasSuffix(list[0], "?") {
			s = strings.Join(list, " ")
		}
		switch {
		case study == "":
			return s
		case w.free && w.chance(25):
			return s + w.of([]string{", ", " on ", " - "}) + study
		case strings.HasPrefix(s, "no ") || strings.Contains(s, " is ") || strings.Contains(s, " are "):
			return study + ", " + s
		}
		return study + w.of([]string{" showing ", " with ", " demonstrating ", ", "}) + s
	case w.free && w.chance(35): // a telegram
		list = append(list, study)
		if study == "" {
			list = list[:len(list)-1]
		}
		shuffle(w, list)
		return strings.Join(list, w.of([]string{", ", "; ", " / ", ". ", "\n", " "}))
	}
	text := w.of([]string{"", "findings: ", "report: "}) + strings.Join(list, ". ") + "."
	if n := len(list); n > 1 && w.chance(35) {
		text = "findings: " + strings.Join(list[:n-1], ". ") + ". " + w.of([]string{"impression: ", "conclusion: "}) + list[n-1] + "."
	}
	switch {
	case study == "":
	case w.free && w.chance(20):
		text += " " + study + "."
	default:
		text = study + ". " + text
	}
	return text
}

// indices lists the findings of a state.
func (f Facts) indices(s State) []int {
	var list []int
	for k, v := range f.Findings {
		if v == s {
			list = append(list, k)
		}
	}
	return list
}

// trimmed removes doubled blanks.
func trimmed(s string) string { return strings.Join(slices.Clip(strings.Fields(s)), " ") }
