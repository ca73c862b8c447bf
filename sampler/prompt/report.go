package prompt

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Change is what one rule of [Report] did at one place.
type Change struct {
	Rule   string `json:"rule"`
	Before string `json:"before"`
	After  string `json:"after,omitempty"`
}

// The rules of [Report], in the order in which they run.
const (
	RuleMarkup       = "markup"            // tags, entities and brackets of the file format
	RuleRestored     = "restored"          // a redacted word that its neighbours give away: x-XXXX
	RuleEnumeration  = "enumeration"       // the numbers of a list
	RuleMeasurement  = "measurement"       // lengths, ratios, dates and times of day
	RuleTemplate     = "template"          // a sentence that says nothing of the image: views, thanks, advice
	RuleComparison   = "comparison"        // "compared to the prior study": one image cannot show it
	RuleRedacted     = "redacted sentence" // a sentence of which a redaction took what it is about
	RuleRedaction    = "redaction"         // a redacted word without which the sentence stands
	RuleAbbreviation = "abbreviation"
	RuleCapitals     = "capitals" // a sentence that shouts
	RuleRepeated     = "repeated" // a sentence that was there before
)

var (
	markup       = regexp.MustCompile(`<[A-Za-z/][^<>]{0,40}>`)
	brackets     = regexp.MustCompile("[<>\\[\\]{}|_*#~=^\\\\`]+")
	titles       = regexp.MustCompile(`\b(Dr|Drs|Mr|Ms|vs|approx)\.(\s)`)
	hours        = regexp.MustCompile(`\b([ap])\.m\.?`)
	enumeration  = regexp.MustCompile(`(^|[.?!:;]\s*|\s-\s*)\d{1,2}[.)](\s+|$)`)
	comparedWith = regexp.MustCompile(`(?i)((?:^|[.:]\s*)comparison:?\s+(?:X{4}[ ,]*)+)\s+`) // a head line without a full stop
	runOn        = regexp.MustCompile(`([a-z]{4,}) \d{1,2}\.(\s+[A-Z])`)                     // a list without full stops
	sentenceEnd  = regexp.MustCompile(`[.?!]+(?:\s+|$)|[.?!]+`)
	word         = regexp.MustCompile(`[\pL\pN]+(?:['/-][\pL\pN]+)*`)
	emptyParens  = regexp.MustCompile(`\(\s*[,.;:/-]*\s*\)`)
	spaceParens  = regexp.MustCompile(`\(\s+|\s+\)`)
	loneDashes   = regexp.MustCompile(`\s+-+\s+|\s+-+$|^-+\s*`)
	article      = regexp.MustCompile(`\b([Aa])( (?:[aio]|e[^u])[a-z]+)`) // which a measurement followed
	twice        = regexp.MustCompile(`(?i)\b(the the|of of|a a|and and|in in|is is|catheter catheter|shunt shunt|tube tube)\b`)
)

// restored are redactions whose word the neighbours leave no doubt about. Each
// replaces the redaction alone, so that the rest of the text stays as it was
// written.
var restored = []struct {
	at   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?i)\b(x)-X{4}`), "${1}-ray"},
	{regexp.MustCompile(`(?i)X{4}\s?-a-\s?X{4}`), "Port-A-Cath"},
	{regexp.MustCompile(`(?i)\b(costophrenic) X{4}( (?:are|were)\b)`), "${1} angles${2}"},
	{regexp.MustCompile(`(?i)\b(costophrenic) X{4}`), "${1} angle"},
	{regexp.MustCompile(`(?i)\b(lymph) X{4}`), "${1} nodes"},
	{regexp.MustCompile(`(?i)\b(sternotomy) X{4}( (?:is|appears)\b)`), "${1} wire${2}"},
	{regexp.MustCompile(`(?i)\b(sternotomy) X{4}`), "${1} wires"},
	{regexp.MustCompile(`(?i)\b(superior|inferior) X{4} X{4}`), "${1} vena cava"},
	{regexp.MustCompile(`(?i)\b(no) X{4}( of\b)`), "${1} evidence${2}"},
	{regexp.MustCompile(`(?i)\b(body) X{4}( (?:heights?|are)\b)`), "${1}${2}"},
	{regexp.MustCompile(`(?i)\b(most|less|more) X{4}( (?:represent|reflect|related|due|secondary|compatible|chronic|a |an |the |from|consistent|seen|scar|atelecta|lympho|infect|postop|artifact)|,|\.|;)`), "${1} likely${2}"},
	{regexp.MustCompile(`(?i)\b(rotator) X{4}`), "${1} cuff"},
	{regexp.MustCompile(`(?i)\b(inspiratory) X{4}`), "${1} effort"},
	{regexp.MustCompile(`(?i)X{4}( ?-of-view)`), "field${1}"},
	{regexp.MustCompile(`(?i)\b(free intraperitoneal|free|intra-abdominal|intraperitoneal|subdiaphragmatic) X{4}`), "${1} air"},
}

// measurements, the longest forms first. RE2 has no look-around: what must
// stay is captured.
var measurements = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\(?\b(?:which |and |of )?(?:measur(?:ing|es?|ed)|estimated at)\s+(?:(?:approximately|about|up to|at least|roughly|approx|nearly|less than|at)\s+)*` + length + `(?:\s+in (?:diameter|size|length|maximum diameter|greatest dimension))?\)?`),
	regexp.MustCompile(`(?i)(?:\b(?:approximately|about|up to|at least|roughly|approx|nearly|less than)\s+)*\b` + length + `(?:\s+in (?:diameter|size|length|maximum diameter|greatest dimension)|\s+diameter\b)?`),
	regexp.MustCompile(`(?i)\b(?:CT|cardiothoracic|C/T) ratio(?: is| of| measures)?(?: approximately| about)? \d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)?%?`),
	regexp.MustCompile(`(?i)\bwith (?:a|an) (?:CT|cardiothoracic|C/T) ratio\b`),
	regexp.MustCompile(`\b\d+(?:\.\d+)?\s*/\s*(?:\d|X)[\d.X]*(?:\s*/\s*[\dX]+)?`),
	regexp.MustCompile(`(?i)\b(?:X{4}|\d{1,4})(?::\d\d)?\s?[ap]m\b`),
	regexp.MustCompile(`(?i)\b\d{1,2}:\d\d\b`),
	regexp.MustCompile(`(?i)\b\d+(?:\.\d+)?(?:\s*x\s*\d+(?:\.\d+)?)+(?:\s+X{4})?`),
	regexp.MustCompile(`\b\d+(?:\.\d+)?(?:\s*(?:-|to)\s*\d+(?:\.\d+)?)? X{4}\b`), // a unit was taken for a name
}

const length = `\d+(?:\.\d+)?(?:\s*(?:x|by|-|to)\s*\d+(?:\.\d+)?)*\s*-?\s*(?:mm|cm|millimeters?|centimeters?|inch(?:es)?|degrees?)\b`

// templates are sentences of reports that no image shows: how the pictures were
// taken, who got the result, what to do next.
var templates = regexp.MustCompile(`(?i)^(?:(?:frontal|lateral|pa|ap|two|single|one|portable|upright|both|\d)\b[^.]*\b(?:views?|radiographs?|images?|projections?|films?)\b[^.]*\b(?:obtained|submitted|provided|presented|available|dated|performed|of the chest|the chest)\b[^.]*|` +
	`(?:a total of )?\w+ (?:images?|views?)(?: (?:of the chest|of chest|are|were)\b.*)?|` +
	`(?:(?:pa|ap|frontal|portable|upright)\b,?(?: and)? ?)+(?:lateral )?(?:views?|chest|radiographs?|x-rays?)?(?: of)?(?: the)?(?: chest)?(?: x-rays?| radiographs?)?|` +
	`(?:[a-z]+:? \d images?|[a-z ]{0,20} \d views?|chest|findings|impression|technique|comparison|exam(?:ination)?|kub|report|soft tissue neck|chest x-ray|none|see above|see below|as above|end of (?:report|impression|findings|dictation))|` +
	`(?:no|without)(?: significant| interval| acute| other)* changes?|comparison\b.*|(?:the )?x{4} examination .*|` +
	`.*\b(?:for my interpretation|end of (?:report|dictation|impression)|dictat\w+|transcri\w+|electronically|telephon\w+|notif\w+|critical result|primordial|addend\w+|was (?:paged|called|informed)|dr x{4}|dr [a-z]+ (?:at|by|on)|technologist|(?:findings|results|recommendations?) (?:and recommendations? )?(?:were|was|are) (?:discussed|communicated|reported|called|conveyed|relayed))\b.*)$`)

// describesFinding keeps a sentence that begins as a template: "frontal views show …".
var describesFinding = regexp.MustCompile(`(?i)\b(?:show|demonstrat|reveal|exhibit)`)

func isTemplate(s string) bool { return templates.MatchString(s) && !describesFinding.MatchString(s) }

// advice is what a report says should be done, or who should think of what.
var advice = regexp.MustCompile(`(?i)\b(?:recommend\w*|(?:is|are|would be) (?:advised|advisable)|follow-?\s?up\b.*\b(?:is|are|may|could|should|would|suggested|advised|exam\w*|chest|ct|imaging|films?|radiographs?)|(?:could|may|might|would|can|should) be (?:helpful|obtained|performed|considered|useful|beneficial|of value|indicated|further)|(?:please|suggest|consider|advise)\s+(?:\w+\s+)*(?:correlat\w+|ct|imaging|radiographs?|views?|films?|series|follow-?up|evaluation|studies|study|exam\w*|comparison)|correlat\w+ (?:with|clinically|is|for|to)|clinical(?:ly)? correlat\w+|if (?:clinically|clinical|there is|symptoms|desired|needed|indicated|patient|the patient)|further (?:evaluation|characteriz\w+|assessment|imaging|workup)|exact (?:etiology|nature))\b`)

var comparisons = regexp.MustCompile(`(?i),?\s*\b(?:as |when |in |by )?(?:compar(?:ed|ison) (?:to|with)|since|relative to) (?:the |a |an |this |patient'?s )?(?:x{4}[ ,]*)*(?:most recent |last |recent )?(?:prior|previous|comparison|earlier|old|exam|examination|study|radiograph|chest|film|x{4})[^.,;]*|,?\s*\b(?:as seen|seen) (?:on|in) (?:the |a )?(?:prior|previous|comparison|x{4})[^.,;]*|,?\s*\b(?:from|since|than) (?:the )?(?:prior|previous(?:ly)?|comparison|x{4})(?: (?:study|studies|exams?|examinations?|films?|radiographs?|chest|images?|imaging|x-rays?|on|x{4})\b)*`)

// What stands before and after a redaction that a sentence cannot do without.
var (
	needsNoun   = wordSet("a an the this that these those of in on at from to by with without for and or than as into within near over under above below between after before along through per via is are was were be been being has have had may might could can will would do does represents represent representing suggests suggest suggesting consistent demonstrates demonstrate shows show most more very not appears appear his her its their both")
	givesNoNoun = wordSet("is are was were be been has have had may might could can will would do does appear appears appeared demonstrate demonstrates show shows remain remains remained of in on at from to by with without for and or than as into within near over under above below between after before along through which that who noted seen identified projecting overlying terminating located measuring not also again")
	describing  = wordSet("pulmonary aortic cardiac mediastinal hilar osseous bony surgical frontal lateral bilateral vascular thoracic venous calcified tortuous degenerative superior inferior interstitial visualized")
	states      = wordSet("normal intact unremarkable clear unchanged stable")
	linking     = wordSet("is are was were be been has have had appear appears demonstrate demonstrates show shows remain remains")
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// Report turns the sections of a radiology report (findings, then impression)
// into the text of a prompt, and says which rules changed what: markup, list
// numbers, measurements, sentences that say nothing of the image, comparisons
// with other images and redactions (XXXX) are taken out, abbreviations written
// in full, repeated sentences left out. It is pure, and total: any text gives
// a text without redactions or measurements, maybe an empty one.
func Report(sections ...string) (string, []Change) {
	r := &reporting{seen: map[string]bool{}}
	var out []string
	for _, s := range sections {
		out = append(out, r.section(s)...)
	}
	return strings.Join(out, " "), r.changes
}

type reporting struct {
	changes []Change
	seen    map[string]bool // sentences, as keys
}

func (r *reporting) note(rule, before, after string) {
	r.changes = append(r.changes, Change{rule, strings.TrimSpace(before), strings.TrimSpace(after)})
}

// replace replaces what re finds by template (as in regexp.Expand).
func (r *reporting) replace(rule, text string, re *regexp.Regexp, template string) string {
	return re.ReplaceAllStringFunc(text, func(s string) string {
		after := re.ReplaceAllString(s, template)
		if after != s {
			r.note(rule, s, after)
		}
		return after
	})
}

// section gives the sentences of one section.
func (r *reporting) section(text string) []string {
	text = html.UnescapeString(text)
	text = r.replace(RuleMarkup, text, markup, " ")
	text = comparedWith.ReplaceAllString(text, "$1. ")
	text = Clean(r.replace(RuleMarkup, text, brackets, " "))
	text = hours.ReplaceAllString(titles.ReplaceAllString(text, "$1$2"), "${1}m")
	for range 2 { // "1. 2. Clear": a match does not overlap the next
		text = r.replace(RuleEnumeration, text, enumeration, "$1")
		text = r.replace(RuleEnumeration, text, runOn, "$1.$2")
	}
	for _, rule := range restored {
		text = r.replace(RuleRestored, text, rule.at, rule.with)
	}
	for _, m := range measurements {
		text = r.replace(RuleMeasurement, text, m, "")
	}
	var out []string
	for _, s := range sentences(text) {
		if s = r.sentence(s); s == "" {
			continue
		}
		key := strings.ToLower(strings.Join(word.FindAllString(s, -1), " "))
		if r.seen[key] {
			r.note(RuleRepeated, s, "")
			continue
		}
		r.seen[key] = true
		out = append(out, s)
	}
	return out
}

// sentences cuts a text after its full stops; a point between digits is none.
func sentences(text string) []string {
	var list []string
	start := 0
	for _, at := range sentenceEnd.FindAllStringIndex(text, -1) {
		if between := at[0] > 0 && at[1] < len(text) && at[1] == at[0]+1; between && !isUpper(text[at[1]]) {
			continue // 3.5, e.g
		}
		list = append(list, strings.TrimSpace(text[start:at[0]]))
		start = at[1]
	}
	return append(list, strings.TrimSpace(text[start:]))
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// sentence applies the rules of single sentences; "" leaves it out.
func (r *reporting) sentence(s string) string {
	s = strings.Trim(tidy(s), " ,;:.-/")
	if s == "" {
		return ""
	}
	if isTemplate(s) {
		r.note(RuleTemplate, s, "")
		return ""
	}
	if at := advice.FindStringIndex(s); at != nil {
		// What is seen stands before what should be done about it.
		cut := strings.LastIndexAny(s[:at[0]], ",;")
		if before := strings.TrimRight(s[:at[0]], " "); strings.HasSuffix(before, " and") {
			cut = len(before) - len(" and")
		}
		if cut < 0 || len(word.FindAllString(s[:cut], 3)) < 3 {
			r.note(RuleTemplate, s, "")
			return ""
		}
		r.note(RuleTemplate, s[cut+1:], "")
		s = s[:cut]
	}
	s = strings.Trim(tidy(r.replace(RuleComparison, s, comparisons, "")), " ,;:.-/")
	if s == "" {
		return ""
	}
	if isTemplate(s) {
		r.note(RuleTemplate, s, "")
		return ""
	}
	if redactedPart.MatchString(s) {
		if headless(s) {
			r.note(RuleRedacted, s, "")
			return ""
		}
		s = r.replace(RuleRedaction, s, redactedPart, " ")
	}
	s = r.replace(RuleAbbreviation, s, ratio, "cardiothoracic ratio")
	s = expand(s, func(before, after string) { r.note(RuleAbbreviation, before, after) })
	if shouts(s) {
		r.note(RuleCapitals, s, "")
		s = strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
	}
	s = strings.Trim(tidy(s), " ,;:.-/")
	s = article.ReplaceAllString(s, "${1}n$2")
	s = twice.ReplaceAllStringFunc(s, func(m string) string { return m[:strings.IndexByte(m, ' ')] })
	words := word.FindAllString(s, -1)
	if len(words) == 0 || len(words) == 1 && (len(words[0]) < 4 || !unicode.IsLetter(rune(words[0][0]))) || endsOpen(words) {
		r.note(RuleRedacted, s, "")
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "." // only ASCII has a capital of the same length for sure
}

// redactedPart is a redaction with what hangs on it: "XXXX/XXXX", "(XXXX)".
var redactedPart = regexp.MustCompile(`(?i)[\w.,/-]*x{4}[\w/-]*|\bx{3}\b`)

// ratio keeps "CT ratio" from becoming one of computed tomography.
var ratio = regexp.MustCompile(`\b(?:CT|C/T) ratio\b`)

// endsOpen reports whether the sentence's last word wants another.
func endsOpen(words []string) bool {
	last := strings.ToLower(words[len(words)-1])
	return needsNoun[last] && !slices.Contains([]string{"above", "below", "through", "not", "both", "that", "more", "appear", "appears"}, last)
}

// headless reports whether a sentence lacks, by a redaction, the word that it
// is about or that holds it together: it would not read as English without.
func headless(s string) bool {
	tokens := strings.Fields(s)
	redacted, whole := 0, 0
	for _, t := range tokens {
		if whole++; redactedPart.MatchString(t) {
			redacted++
		}
	}
	if 2*redacted >= whole {
		return true
	}
	for i := 0; i < len(tokens); i++ {
		if !redactedPart.MatchString(tokens[i]) {
			continue
		}
		from := i
		for i+1 < len(tokens) && redactedPart.MatchString(tokens[i+1]) && !strings.ContainsAny(tokens[i], ".,;:)") {
			i++
		}
		before, after := "", ""
		if from > 0 && !strings.ContainsAny(tokens[from-1][len(tokens[from-1])-1:], ",;:.") {
			before = bare(tokens[from-1])
		}
		if i+1 < len(tokens) && !strings.ContainsAny(tokens[i][len(tokens[i])-1:], ",;:.)") {
			after = bare(tokens[i+1])
		}
		closes := after == "" || givesNoNoun[after]
		switch {
		case linking[before] && after == "within": // "is XXXX within normal limits"
		case closes && (before == "" || needsNoun[before]): // "the XXXX are", "from XXXX.", "XXXX of"
			return true
		case closes && describing[before]: // "pulmonary XXXX and mediastinum", "aortic XXXX."
			return true
		case from == 1 && i+2 == len(tokens) && states[after]: // "Pulmonary XXXX normal"
			return true
		case linking[after]: // "pulmonary XXXX are normal"
			return true
		}
	}
	return false
}

func bare(token string) string {
	return strings.ToLower(strings.Trim(token, ".,;:()'\""))
}

// shouts reports whether a sentence of several words has no small letter.
func shouts(s string) bool {
	return len(word.FindAllString(s, 3)) == 3 && strings.ToUpper(s) == s && strings.ToLower(s) != s
}

// tidy mends the space and the marks that removals leave.
func tidy(s string) string {
	s = emptyParens.ReplaceAllString(s, " ")
	s = strings.Join(strings.Fields(s), " ")
	s = spaceParens.ReplaceAllStringFunc(s, strings.TrimSpace)
	s = loneDashes.ReplaceAllString(s, " ")
	s = loneMarks.ReplaceAllString(strings.TrimSpace(s), "$1")
	return doubleMarks.ReplaceAllString(s, "$1")
}
