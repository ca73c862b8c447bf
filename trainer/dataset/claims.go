package dataset

import "strings"

// How captions claim findings. % is a list of names.
var (
	presentForms = []string{"there is %", "%", "% is present", "findings of %", "% is seen", "%", "evidence of %"}
	// morePresent are for the text encoder alone: hedges, marks, requests.
	morePresent = []string{"% noted", "% seen", "% present", "positive for %", "patient has %", "shows %", "demonstrates %", "possible %", "probable %", "likely %", "suspected %", "suspicious for %",
		"concerning for %", "findings consistent with %", "compatible with %", "suggestive of %", "signs of %", "% is noted", "% is identified", "there are signs of %", "% likely", "may represent %", "questionable %",
		"% is suspected", "features of %", "in keeping with %", "consistent with %", "diagnosis: %", "dx: %", "w/ %", "with %", "c/w %", "known %", "appearance of %", "% cannot be excluded", "cannot exclude %",
		"% is visible", "the image shows %", "the film demonstrates %", "% can be seen", "we see %", "reveals %", "radiographic evidence of %", "% again seen", "% +", "+ %", "% (+)", "% : present", "% : yes",
		"redemonstration of %", "interval development of %", "development of %", "worrisome for %", "% is evident", "% visualized", "findings suggest %", "suggesting %", "there appears to be %", "there may be %",
		"% is likely", "exhibits %", "has %", "having %", "presence of %", "most likely %", "could be %", "representing %", "% are seen", "% are present", "there are %", "% confirmed", "% diagnosed", "% persists",
		"unchanged %", "persistent %", "% remains", "% is again noted", "impressive %", "severe case of %", "typical %", "classic %", "obvious %", "patient with %", "diagnosed with %", "suffering from %", "?%", "? %",
		"only %", "% only", "just %", "% alone", "isolated %", "% is found", "% found", "yes to %", "% too", "also %", "the diagnosis is %", "new %", "% has developed", "% has appeared", "now %", "% is unchanged", "residual %",
		"% confirmed", "% is confirmed", "there is again %", "% is there", "% was found", "%, as before", "give it %", "add %", "it has %", "% yes", "% as well", "% left behind", "chiefly %", "mainly %", "some %", "% instead", "%, though, is seen", "%, however, is present", "%, on the other hand, is evident", "%, though, is evident", "% this time", "there is some %",
		"it does have %", "% has been found", "% is what we see", "% it is", "definitely %", "% has come back", "% stays", "% is still there", "still %"}

	// deniedForms take names joined by "or".
	deniedForms = []string{"no %", "there is no %", "no evidence of %", "without %", "no % is seen", "no signs of %", "without evidence of %"}
	// moreDenied take names joined by "or" or "and".
	moreDenied = []string{"negative for %", "free of %", "absence of %", "no % seen", "no % noted", "no % identified", "no % is identified", "no % is present", "w/o %", "without any %", "no sign of %", "without signs of %",
		"there is no evidence of %", "no radiographic evidence of %", "no definite %", "no obvious %", "lack of %", "no findings of %", "there are no %", "no convincing evidence of %", "no indication of %",
		"% is absent", "% absent", "% is not seen", "% not seen", "% has resolved", "% have resolved", "resolved %", "% is ruled out", "% ruled out", "% excluded", "% is excluded", "% is not present", "% not present",
		"resolution of %", "clear of %", "no visible %", "not showing %", "does not show %", "doesn't show %", "we do not see %", "there isn't any %", "the patient does not have %",
		"% are not seen", "% are absent", "% is not identified", "% not identified", "no longer any %", "no residual %", "no more %", "% : none", "% : no", "% : absent", "% : negative", "% -", "% (-)", "- ve for %",
		"neg for %", "nil %", "zero %", "not %", "denies %", "devoid of %", "no appreciable %", "no new %", "no acute %", "no suspicious %", "lungs are free of %", "% is not visible", "% cannot be seen", "% cleared",
		"% has cleared", "complete resolution of %", "interval resolution of %", "no longer %", "hasn't got %", "no detectable %", "no radiographic signs of %", "% not visualized", "% is not demonstrated",
		"nothing to suggest %", "nothing suggestive of %", "no features of %", "no suspicion of %",
		"% is gone", "% gone", "% has gone", "% have gone", "% is no longer seen", "% no longer seen", "% no longer present", "% is not a feature", "rules out %", "% nil", "% not found", "% not detected", "% is not found",
		"% has disappeared", "previous % has resolved", "the previously seen % has cleared", "the earlier % has gone", "lacks %", "lacking %", "excluding %", "% is not evident", "% are not present", "not a sign of %", "isn't any %",
		"% isn't seen", "no further %", "no trace of %", "no hint of %", "% - none", "% no", "otherwise no %", "leave out %", "not any %", "no sign any more of %", "% is not there", "% was not found", "% was excluded", "never had %",
		"no associated %", "no underlying %", "no superimposed %", "no accompanying %", "no evident %", "no recurrent %", "% are gone", "% have cleared", "%, since resolved", "lungs without %", "lungs free of %", "chest without %", "chest free of %", "a chest with no %", "lungs with no %", "film without %", "clear of any %", "the lungs show no %", "it has no %",
		"the earlier % is gone", "the % has resolved", "the % has cleared", "the % seen before has cleared", "the % is gone", "the % is no longer seen", "no % any more", "no % any longer"}

	// mixedForms take what is present, then what is denied.
	mixedForms = []string{"% without %", "%, no %", "% but no %", "% with no %", "% and no %", "% without evidence of %"}
	moreMixed  = []string{"%, without %", "% w/o %", "%; negative for %", "%, but no %", "% with no evidence of %", "% but without %", "% in the absence of %", "% though no %", "% - no %", "% and without %",
		"there is % but no %", "shows % but not %", "% rather than %", "% only, no %", "% not %", "%, not %", "% however no %", "there is %, however there is no %", "% present, no %", "% is present but no % is seen", "% yet no %",
		"% with absence of %", "% , neg for %", "% instead of %", "% is seen without %", "positive for % and negative for %", "% + but no %", "% although there is no %", "% while there is no %"}
	// turnedForms take what is denied, then what is present.
	turnedForms = []string{"no % but there is %", "no %, but %", "no % but %", "% has resolved but % persists", "no %. %", "without % but with %", "negative for % but positive for %", "no evidence of % but there is %",
		"% resolved, % persists", "no % however % is present", "although no % is seen there is %", "not % but %", "% is ruled out, % is present", "no % is seen; there is %", "instead of % there is %", "rather than % there is %",
		"% has resolved, now with %", "no longer % but now %", "while there is no %, there is %"}
)

// contrasts join two clauses so that what is denied in one is not in the other.
var contrasts = []string{"%, but %", "%; %", "%. %", "%, however %", "%; however, %", "% but %", "%, yet %", "%, while %", "% although %", "%, though %", "% - %", "%, whereas %", "%. however, %", "%; but %", "%. otherwise %",
	"%, even though %", "%. now %"}

// Modifiers that no label says; only the text encoder sees them, so that it
// learns to let them pass.
var (
	degrees = []string{"small", "mild", "moderate", "severe", "large", "tiny", "trace", "subtle", "marked", "massive", "extensive", "minimal", "slight", "significant", "gross", "borderline", "faint", "huge", "moderately severe", "small to moderate", "dense", "fine", "coarse", "subsegmental", "marginal", "well-defined", "ill-defined", "very large", "very small",
		"mild to moderate", "moderate-sized", "minor", "major", "prominent", "diffuse", "focal", "patchy", "multifocal", "early", "substantial", "notable"}
	times = []string{"acute", "chronic", "new", "stable", "worsening", "unchanged", "persistent", "increasing", "improving", "decreasing", "recurrent", "residual", "old", "resolving", "progressive", "recent", "subacute", "longstanding", "known"}
	sides = []string{"left", "right", "bilateral", "left-sided", "right-sided", "b/l", "bibasilar", "basilar", "apical", "left lower lobe", "right lower lobe", "right upper lobe", "left upper lobe", "right middle lobe", "LLL", "RLL", "RUL", "LUL",
		"RML", "rll", "lll", "lingular", "basal", "left basal", "right basal", "left basilar", "right basilar", "left apical", "right apical", "lower lobe", "upper lobe", "rt", "lt", "perihilar", "retrocardiac", "unilateral", "R", "L"}
	places = []string{"on the left", "on the right", "in the left lung", "in the right lung", "bilaterally", "in the left lower lobe", "in the right lower lobe", "in the right upper lobe", "at the left base", "at the right base", "at the bases",
		"in both lungs", "at the lung bases", "in the right middle lobe", "on both sides", "in the left upper lobe", "in the lingula", "at the apex", "at the right apex", "left greater than right", "right greater than left", "in the lower zones",
		"in the mid zone", "in the upper lobes", "in the left hemithorax", "in the right hemithorax", "left more than right", "in the lower lobes", "in the right lung base", "behind the heart",
		"with mediastinal shift", "with adjacent changes", "along the chest wall", "throughout both lungs", "at the level of the third rib", "in the left apex", "at both bases", "on that side", "more marked on the right", "towards the apex",
		"on the left side", "on the right side", "at the left costophrenic angle", "in the mid zones", "seen earlier", "since the last film", "after surgery", "in both upper lobes", "in the lower zone", "left base", "right base", "L base", "R side",
		"near the hilum", "at the hilum", "of the right lung", "of the left lung", "of the left lower lobe", "of the right upper lobe", "the size of a coin", "bibasally", "L > R"}
	// deniedDegrees stand before what is denied.
	deniedDegrees = []string{"large", "acute", "significant", "definite", "focal", "obvious", "sizable", "discrete", "new", "suspicious", "left", "right", "overt", "frank", "gross", "appreciable", "residual", "discernible", "visible", "bilateral",
		"left or right", "convincing", "sizeable", "clear"}
)

// name is a name of a finding, with an article where one may stand.
func (d *writer) name(f *finding, denied bool) []Word {
	list := f.names
	text := ""
	article := false
	switch {
	case d.loose && d.chance(35):
		text = d.of(f.more)
	case len(f.one) > 0 && !denied && d.chance(40):
		text, article = d.of(f.one), true
	default:
		text = d.of(list, f.one)
	}
	words := say(f.topic, text)
	if d.loose {
		words = d.modified(words, denied)
	}
	if article {
		a := "a"
		if strings.ContainsAny(strings.ToLower(words[0].Text[:1]), "aeiou") {
			a = "an"
		}
		words = append(plain(a), words...)
	}
	return words
}

// modified adds words of degree, time and place.
func (d *writer) modified(words []Word, denied bool) []Word {
	var before []Word
	if denied {
		if d.chance(12) {
			before = aside(d.of(deniedDegrees))
		}
		if d.chance(8) {
			before = append(before, aside(d.of(sides))...)
		}
		if words = append(before, words...); d.chance(5) {
			words = append(words, aside(d.of(places))...)
		}
		return words
	}
	if d.chance(15) {
		before = append(before, aside(d.of(times))...)
	}
	if d.chance(22) {
		before = append(before, aside(d.of(degrees))...)
	}
	if d.chance(22) {
		before = append(before, aside(d.of(sides))...)
	}
	words = append(before, words...)
	if d.chance(15) {
		words = append(words, aside(d.of(places))...)
	}
	return words
}

// list joins names by commas and a word: "A, B and C".
func (d *writer) list(items [][]Word, word string) []Word {
	comma, last := []Word{{Text: ",", tight: true}}, plain(word)
	if d.loose {
		switch d.oneOf(12, 2, 1, 1) {
		case 1: // the Oxford comma
			if len(items) > 2 {
				last = append(comma[:1:1], last...)
			}
		case 2:
			comma = plain(word)
		case 3:
			last = plain(d.of([]string{"/", "&", "+", ",", "as well as", "plus"}))
			if word == "or" {
				last = plain(d.of([]string{"/", "nor", "and", "&", "or", "or any", "and/or"}))
			}
		}
	}
	words := items[0]
	for i, item := range items[1:] {
		if i == len(items)-2 {
			words = append(words, last...)
		} else {
			words = append(words, comma...)
		}
		words = append(words, item...)
	}
	return words
}

func (d *writer) namesOf(fs []*finding, denied bool) [][]Word {
	var items [][]Word
	for _, f := range fs {
		items = append(items, d.name(f, denied))
	}
	return items
}

// names are the names of findings as a list.
func (d *writer) names(fs []*finding, denied bool) []Word {
	items := d.namesOf(fs, denied)
	switch {
	case !denied && d.loose && len(items) == 2 && d.chance(20):
		return fill(d.of([]string{"% with %", "% along with %", "% associated with %", "% together with %", "% in addition to %", "both % and %", "% with associated %", "% complicated by %",
			"% consistent with %", "% suggesting %", "% in keeping with %", "% due to %", "% representing %", "% compatible with %", "% from %", "% suspicious for %", "% c/w %", "% suggestive of %", "% secondary to %", "% and also %", "% as well as %"}), items...)
	case !denied:
		return d.list(items, "and")
	}
	return d.list(items, "or")
}

// owned says whose heart it is, at times, where the caption says the sex.
func (d *writer) owned(clause []Word) []Word {
	if d.sex != "" && clause[0].Text == "the" && clause[0].Topic == TopicNone && d.chance(25) {
		clause[0] = Word{Text: possessive[d.sex], Topic: TopicSex}
	}
	return clause
}

// claim is a clause that says that findings are there.
func (d *writer) claim(fs []*finding) []Word {
	if len(fs) == 1 && len(fs[0].present) > 0 && d.chance(35) {
		return d.owned(say(fs[0].topic, d.of(fs[0].present)))
	}
	if d.loose && d.chance(65) {
		return fill(d.of(presentForms, morePresent), d.names(fs, false))
	}
	return fill(d.of(presentForms), d.names(fs, false))
}

// deny is a clause that says that findings are not there.
func (d *writer) deny(fs []*finding) []Word {
	switch {
	case len(fs) == 1 && d.chance(35):
		return d.owned(say(fs[0].topic, d.of(fs[0].absent)))
	case d.loose && len(fs) == 2 && d.chance(12):
		return fill(d.of([]string{"neither % nor %", "there is neither % nor %", "no % nor %", "no % and no %", "no %, no %", "without % and without %", "neither % nor % is seen", "no % or any %", "not % or %", "no evidence of % nor %"}),
			d.name(fs[0], true), d.name(fs[1], true))
	case d.loose && len(fs) > 1 && d.chance(15): // no A, no B, no C
		words := fill("no %", d.name(fs[0], true))
		for _, f := range fs[1:] {
			words = append(words, fill(d.of([]string{", no %", ", no %", ", no %", " and no %"}), d.name(f, true))...)
		}
		return words
	case d.loose && d.chance(60):
		return fill(d.of(deniedForms, moreDenied), d.names(fs, true))
	}
	return fill(d.of(deniedForms), d.names(fs, true))
}

// mixed is a clause that says that some findings are there and others not.
func (d *writer) mixed(present, denied []*finding) []Word {
	if d.loose && d.chance(35) { // whole clauses, in either order
		claim, deny := d.claim(present), d.deny(denied)
		if d.chance(50) {
			return fill(d.of(contrasts), deny, claim)
		}
		return fill(d.of(contrasts, []string{"%, %", "% and %", "%, and %", "%, with %"}), claim, deny)
	}
	p, n := d.names(present, false), d.names(denied, true)
	switch {
	case d.loose && d.chance(25):
		return fill(d.of(turnedForms), n, p)
	case d.loose && d.chance(50):
		return fill(d.of(mixedForms, moreMixed), p, n)
	}
	return fill(d.of(mixedForms), p, n)
}

// normal is a clause of the normal chest, or its name.
func (d *writer) normal(clause bool) []Word {
	usual, more := normalNames, normalMore
	if clause {
		usual, more = normalClauses, normalMoreClauses
	}
	if d.loose {
		return say(TopicNormal, d.of(usual, more))
	}
	return say(TopicNormal, d.of(usual))
}
