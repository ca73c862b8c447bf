package dataset

import (
	"slices"
	"strconv"

	"github.com/roentgo/roentgo/internal/noise"
)

// streamSpeech is the stream that the captions of the text encoder are drawn
// from.
const streamSpeech = noise.StreamTraining + 1<<26

// MaxSpoken is the largest number of words and marks of a caption of [Speak].
const MaxSpoken = 90

// Speak writes caption n for the training of the text encoder, from random
// facts: every combination of findings, in the many ways in which people write
// them, with words that carry no fact, in any case, and with typing errors. It
// depends on nothing but its arguments.
func Speak(seed uint64, n int) Spoken {
	d := &writer{seed: seed, image: uint32(n), stream: streamSpeech, loose: true}
	s := d.speak()
	d.disturb(s.Words)
	return s
}

// speak writes a caption of random facts without errors.
func (d *writer) speak() Spoken {
	f, present, denied := d.facts()
	d.sex = f.Sex
	s := Spoken{d.compose(f, present, denied), f}
	if len(s.Words) > MaxSpoken { // few are; plain names leave room for all
		d.loose = false
		s.Words = d.line(f, present, denied)
	}
	if len(s.Words) == 0 {
		s.Words = d.studyOf("")
	}
	return s
}

// facts draws what a caption says.
func (d *writer) facts() (f Facts, present, denied []*finding) {
	if d.chance(45) {
		f.View = d.of([]string{"PA", "AP"})
	}
	if d.chance(40) {
		f.Sex = d.of([]string{"F", "M"})
	}
	if d.chance(40) {
		f.Decade = 1 + d.below(Decades)
		f.Child = f.Decade == 1 || f.Decade == 2 && d.chance(40)
	} else {
		f.Child = d.chance(8)
	}
	var order []*finding
	for i := range findings {
		order = append(order, &findings[i])
	}
	shuffle(d, order)
	switch d.oneOf(15, 2, 3, 80) {
	case 0:
		f.Claims[TopicNormal-1] = Present
		denied = order[:d.oneOf(55, 15, 10, 8, 5, 3, 2, 2)]
	case 1:
		f.Claims[TopicNormal-1] = Denied
	case 2: // the study alone
	default:
		p := d.oneOf(12, 42, 26, 11, 5, 2, 1, 1)
		n := d.oneOf(34, 28, 16, 9, 5, 3, 2, 1, 1)
		if p == 0 && n == 0 {
			n = 1
		}
		present, denied = order[:p], order[p:min(p+n, len(order))]
	}
	for _, x := range present {
		f.Claims[x.topic-1] = Present
	}
	for _, x := range denied {
		f.Claims[x.topic-1] = Denied
	}
	return f, present, denied
}

// compose writes the caption in one of the styles.
func (d *writer) compose(f Facts, present, denied []*finding) []Word {
	switch d.oneOf(38, 30, 18, 14) {
	case 0:
		return d.short(f, present, denied)
	case 1:
		return d.sentence(f, present, denied)
	case 2:
		return d.report(f, present, denied)
	}
	return d.telegram(f, present, denied)
}

// introduction speaks of the study and the patient, in any order; empty where
// there is nothing to say of them and the writer does not want to.
func (d *writer) introduction(f Facts) []Word {
	var study, who []Word
	if f.View != "" || d.chance(45) {
		study = d.studyOf(f.View)
	}
	if f.Sex != "" || f.Decade != 0 || f.Child {
		who = d.person(f)
	} else if len(study) > 0 && d.chance(15) {
		who = d.person(f)
	}
	if len(who) > 0 && len(study) > 0 && f.Decade == 0 && (f.Sex != "" || f.Child) && d.chance(8) { // the woman's film
		last := &who[len(who)-1]
		last.Text += "'s"
		return fill(d.of([]string{"% %", "my % %", "the % %", "this % %", "a % %", "our % %"}), who, study)
	}
	if f.Sex != "" && f.Decade == 0 && !f.Child && d.chance(14) {
		if len(study) == 0 {
			return say(TopicSex, d.of(pronouns[f.Sex]))
		}
		return append(say(TopicSex, possessive[f.Sex]), study...)
	}
	switch {
	case len(who) == 0:
		return study
	case len(study) == 0:
		return who
	}
	return fill(d.of([]string{"% of a %", "% of %", "%. %", "%, %", "% in a %", "% from a %", "%: %", "% for a %", "% taken of a %", "% %"}), study, who)
}

// content says all findings in one go.
func (d *writer) content(f Facts, present, denied []*finding) []Word {
	switch f.Claim(TopicNormal) {
	case Present:
		words := d.normal(d.chance(40))
		if len(denied) > 0 {
			words = fill(d.of([]string{"%, %", "%. %", "%; %", "% and %", "% with %"}), words, d.denials(denied))
		}
		return words
	case Denied:
		return say(TopicNormal, d.of(normalDenied))
	}
	switch {
	case len(present) == 0 && len(denied) == 0:
		return nil
	case len(denied) == 0:
		return d.names(present, false)
	case len(present) == 0:
		return d.denials(denied)
	}
	return d.mixed(present, denied)
}

// denials denies findings by names, which can follow a comma.
func (d *writer) denials(denied []*finding) []Word {
	return fill(d.of(deniedForms[:4], []string{"negative for %", "free of %", "absence of %", "w/o %"}), d.names(denied, true))
}

// short is a bare phrase, as people type it.
func (d *writer) short(f Facts, present, denied []*finding) []Word {
	about, what := d.about(f), d.content(f, present, denied)
	if len(about) == 0 || len(what) == 0 {
		return append(about, what...)
	}
	if d.chance(50) {
		return fill(d.of([]string{"%, %", "% %", "%. %", "%: %", "% - %", "%; %", "% / %", "% with %"}), about, what)
	}
	return fill(d.of([]string{"%, %", "%. %", "% - %", "%; %", "% on %", "% in %", "% (%)", "%; %"}), what, about)
}

// about is the introduction, or its facts one by one.
func (d *writer) about(f Facts) []Word {
	if d.chance(70) || f.View == "" && f.Sex == "" && f.Decade == 0 {
		if f.View == "" && f.Sex == "" && f.Decade == 0 && !f.Child && d.chance(50) {
			return nil
		}
		return d.introduction(f)
	}
	var parts [][]Word
	if f.View != "" {
		parts = append(parts, d.studyOf(f.View))
	}
	if f.Child {
		parts = append(parts, say(TopicChild, d.of([]string{"child", "pediatric", "paediatric", "peds", "pediatric patient", "pediatric study", "paediatric film"})))
	}
	if f.Sex != "" {
		parts = append(parts, say(TopicSex, d.of(map[string][]string{
			"F": {"female", "woman", "F", "sex: F", "sex F", "gender: female", "female patient", "sex: female"},
			"M": {"male", "man", "M", "sex: M", "sex M", "gender: male", "male patient", "sex: male"}}[f.Sex])))
	}
	if f.Decade != 0 {
		parts = append(parts, d.ageOf(f.Decade, "", d.chance(50)))
	}
	shuffle(d, parts)
	return d.list(parts, ",")
}

// sentence is one sentence, a description or a request.
func (d *writer) sentence(f Facts, present, denied []*finding) []Word {
	what := d.content(f, present, denied)
	about := d.introduction(f)
	if len(what)+len(about) == 0 {
		about = d.studyOf("")
	}
	var words []Word
	switch {
	case len(what) == 0:
		words = about
	case len(about) == 0:
		words = d.mixedClauses(f, present, denied, what)
	case d.chance(75):
		words = fill(d.of([]string{"% showing %", "% with %", "% demonstrating %", "% shows %", "% that shows %", "% demonstrates %", "% reveals %", "% where there is %", "% revealing %", "% consistent with %", "% , which shows %",
			"% diagnosed with %", "% suffering from %", "% presenting with %", "% having %", "% who has %", "% exhibiting %", "% displaying %", "% in which we see %", "% has %", "% positive for %", "% depicting %", "% illustrating %"}), about, what)
	default:
		words = fill(d.of([]string{"% on %", "% in %", "% seen on %", "% as seen on %", "% is demonstrated on %", "% on a %", "% in a %", "% shown on %", "% visible on %"}), what, about)
	}
	if d.chance(25) {
		words = append(plain(d.of(requests)), words...)
	}
	if d.chance(12) {
		words = append(words, fill(d.of([]string{". %", ", %", " and %", "; %"}), aside(d.filler(f, present)))...)
	}
	if d.chance(50) {
		words = append(words, Word{Text: ".", tight: true})
	}
	return words
}

// mixedClauses is a sentence of whole clauses, or what.
func (d *writer) mixedClauses(f Facts, present, denied []*finding, what []Word) []Word {
	clauses := d.clauses(f, present, denied)
	if len(clauses) > 3 || len(clauses) == 0 || d.chance(40) {
		return what
	}
	// What a denial would take in, if it came after it, comes before it.
	slices.SortStableFunc(clauses, func(a, b clause) int { return a.denies - b.denies })
	return joined(clauses, d.of([]string{"% and %", "%, %", "%; %", "%, and %", "% but %", "%, while %", "%. %", "% though %"}))
}

// joined puts clauses into a template of two, one after another.
func joined(clauses []clause, template string) []Word {
	words := clauses[0].words
	for _, c := range clauses[1:] {
		words = fill(template, words, c.words)
	}
	return words
}

// clause is a part of a caption that can stand alone. denies is 1 where a
// finding that follows without a full stop could be taken as denied, too.
type clause struct {
	words  []Word
	denies int
}

// clauses parts the facts into clauses, in a random order.
func (d *writer) clauses(f Facts, present, denied []*finding) []clause {
	var clauses []clause
	add := func(denies int, words []Word) { clauses = append(clauses, clause{words, denies}) }
	switch f.Claim(TopicNormal) {
	case Present:
		add(0, d.normal(d.chance(75)))
	case Denied:
		add(0, say(TopicNormal, d.of(normalDenied)))
	}
	if len(present) > 0 && len(denied) > 0 && d.chance(25) {
		p, n := 1+d.below(min(2, len(present))), 1+d.below(min(3, len(denied)))
		add(1, d.mixed(present[:p], denied[:n]))
		present, denied = present[p:], denied[n:]
	}
	for len(present) > 0 {
		n := min(len(present), 1+d.oneOf(60, 25, 10, 5))
		add(0, d.claim(present[:n]))
		present = present[n:]
	}
	for len(denied) > 0 {
		n := min(len(denied), 1+d.oneOf(45, 30, 15, 10))
		add(1, d.deny(denied[:n]))
		denied = denied[n:]
	}
	shuffle(d, clauses)
	return clauses
}

// report is a few sentences, with what reports say beside the findings, and at
// times an impression.
func (d *writer) report(f Facts, present, denied []*finding) []Word {
	clauses := d.clauses(f, present, denied)
	for range d.oneOf(40, 30, 20, 10) {
		clauses = append(clauses, clause{aside(d.filler(f, present)), 0})
	}
	shuffle(d, clauses)
	var words []Word
	add := func(c []Word) {
		words = append(append(words, c...), Word{Text: ".", tight: true})
	}
	about := d.about(f)
	first := d.chance(75)
	if first && len(about) > 0 {
		add(about)
	}
	if d.chance(15) {
		add(aside(d.unknown(d.of(histories))))
	}
	words = append(words, plain(d.of([]string{"", "", "", "findings:", "report:", "findings -", "FINDINGS:", "the following is seen:"}))...)
	numbered := d.chance(10)
	for i, c := range clauses {
		if numbered {
			words = append(words, plain(strconv.Itoa(i+1)+d.of([]string{".", ")"}))...)
		}
		add(c.words)
	}
	if d.chance(35) && len(clauses) > 0 {
		if end := d.impression(f, present, denied); len(end) > 0 {
			words = append(words, plain(d.of([]string{"impression:", "conclusion:", "IMPRESSION:", "opinion:", "summary:", "impression :", "in summary,", "overall,"}))...)
			add(end)
		}
	}
	if !first && len(about) > 0 {
		add(about)
	}
	return words
}

// impression says some of the facts once more.
func (d *writer) impression(f Facts, present, denied []*finding) []Word {
	if f.Claim(TopicNormal) == Present {
		return d.normal(d.chance(50))
	}
	switch {
	case len(present) > 0:
		return d.names(present[:1+d.below(len(present))], false)
	case len(denied) > 0:
		return d.denials(denied[:1+d.below(min(3, len(denied)))])
	}
	return nil
}

// telegram is a list of short items with marks between.
func (d *writer) telegram(f Facts, present, denied []*finding) []Word {
	var items []clause
	add := func(words []Word) { items = append(items, clause{words, 0}) }
	if about := d.about(f); len(about) > 0 {
		add(about)
	}
	if f.Claim(TopicNormal) != Unsaid {
		add(d.content(f, nil, nil))
	}
	switch d.oneOf(35, 15, 50) {
	case 0: // a form: one line per finding
		yes := d.of([]string{"% : yes", "% +", "% : present", "% (+)", "% = yes", "% : positive", "% present", "% - yes", "% : 1", "+ %", "% = 1", "% yes"})
		no := d.of([]string{"% : no", "% -", "% no", "% absent", "% : absent", "% (-)", "% = no", "% : negative", "% absent", "% - no", "% : none", "- %", "no %", "% : 0", "% = 0", "% no"})
		for _, x := range present {
			add(fill(yes, say(x.topic, d.of(x.names, x.more))))
		}
		for _, x := range denied {
			add(fill(no, say(x.topic, d.of(x.names, x.more))))
		}
	case 1: // what is there, and what is not
		if len(present) > 0 {
			add(fill(d.of([]string{"present: %", "positive: %", "yes: %", "seen: %", "positives: %", "findings: %", "included: %"}), d.names(present, false)))
		}
		if len(denied) > 0 {
			add(fill(d.of([]string{"absent: %", "negative: %", "no: %", "not seen: %", "negatives: %", "excluded: %", "without: %"}), d.list(d.namesOf(denied, true), "and")))
		}
	default:
		return d.items(items, present, denied)
	}
	if d.chance(15) {
		add(aside(d.filler(f, present)))
	}
	shuffle(d, items)
	if len(items) == 0 { // no fact at all
		return d.studyOf("")
	}
	return joined(items, d.of([]string{"%; %", "%. %", "%. %", "%; %", "% | %", "%. - %", "%; %", "%;%"}))
}

// items are findings one by one, each with what says that it is there or not,
// after or among what the caption begins with.
func (d *writer) items(items []clause, present, denied []*finding) []Word {
	add := func(words []Word) { items = append(items, clause{words, 0}) }
	comma := d.chance(45)
	first := present
	if comma { // after a denial a name alone would be denied, too
		n := d.below(len(present) + 1)
		first = present[:n]
		for _, x := range present[n:] {
			add(fill(d.of([]string{"% present", "% seen", "% only", "% yes", "but %", "% though", "some %", "there is %", "% +", "% noted", "% is present", "positive for %", "% is seen", "with %"}), d.name(x, false)))
		}
	}
	if !comma && len(denied) > 1 && d.chance(40) {
		add(d.deny(denied))
	} else {
		for _, x := range denied {
			add(fill(d.of([]string{"no %", "no %", "no %", "without %", "no evidence of %", "% absent", "% ruled out", "neg for %", "w/o %", "% no", "% not seen", "% not present", "negative for %", "% resolved"}), d.name(x, true)))
		}
	}
	shuffle(d, items)
	var names []clause
	for _, x := range first {
		names = append(names, clause{d.name(x, false), 0})
	}
	if comma {
		items = append(names, items...)
	} else {
		items = append(items, names...)
		shuffle(d, items)
	}
	if len(items) == 0 { // no fact at all
		return d.studyOf("")
	}
	if comma {
		return joined(items, "%, %")
	}
	return joined(items, d.of([]string{"%; %", "%. %", "%. %", "%; %", "% | %", "%. - %", "%; %", "%;%"}))
}
