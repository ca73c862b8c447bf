package dataset

import (
	"slices"
	"strconv"
	"strings"
)

// How captions speak of the view.
var (
	views = map[string][]string{
		"PA": {"PA chest x-ray", "PA view", "posteroanterior chest radiograph", "PA chest radiograph", "frontal chest x-ray, PA view", "PA radiograph", "PA film", "chest x-ray, PA view",
			"posteroanterior chest x-ray", "PA projection", "upright PA chest x-ray"},
		"AP": {"AP chest x-ray", "AP view", "anteroposterior chest radiograph", "AP portable chest x-ray", "portable AP chest radiograph", "AP radiograph", "AP film", "chest x-ray, AP view",
			"anteroposterior chest x-ray", "AP projection", "supine AP chest x-ray", "AP chest radiograph"},
	}
	moreViews = map[string][]string{
		"PA": {"PA", "PA CXR", "CXR PA", "CXR, PA", "PA view of the chest", "posteroanterior view", "postero-anterior view", "posterior-anterior view", "PA and lateral views", "erect PA film", "standing PA view",
			"view: PA", "projection: PA", "PA erect", "upright PA view", "erect PA chest film", "x-ray chest PA", "chest PA", "chest xray PA view", "frontal PA view", "back to front view", "posterior to anterior view",
			"P.A. view", "PA upright radiograph of the chest", "posteroanterior projection", "PA x-ray", "PA image", "posteroanterior film", "chest film taken PA", "PA chest", "PA standing", "taken PA", "in PA projection", "as a PA view"},
		"AP": {"AP", "AP CXR", "CXR AP", "CXR, AP", "AP view of the chest", "anteroposterior view", "antero-posterior view", "anterior-posterior view", "portable chest x-ray", "portable chest radiograph", "portable CXR",
			"view: AP", "projection: AP", "AP supine", "supine AP view", "bedside chest x-ray", "bedside AP film", "portable film", "portable AP view", "x-ray chest AP", "chest AP", "chest xray AP view", "frontal AP view",
			"front to back view", "anterior to posterior view", "A.P. view", "semi-erect AP portable", "mobile chest x-ray", "portable view", "ICU portable AP film", "supine", "supine film", "supine view", "supine chest x-ray", "supine radiograph", "portable", "portable chest", "portable study", "bedside", "bedside film", "bedside exposure", "taken in bed", "taken lying down",
			"sitting AP view", "AP semi-erect", "AP erect", "AP sitting", "single supine view", "portable exposure", "mobile film", "taken at the bedside", "lying down", "anteroposterior projection", "AP x-ray", "AP image",
			"anteroposterior film", "semi-upright AP view", "portable x-ray", "AP semierect film", "chest film taken AP", "AP chest", "portable AP", "taken AP", "in AP projection", "as an AP view"},
	}
	noView = []string{"chest x-ray", "chest radiograph", "frontal chest x-ray"}
	// moreNoView name the study and not how it was taken.
	moreNoView = []string{"CXR", "cxr", "x-ray", "chest film", "radiograph", "film", "chest xray", "xray", "radiograph of the chest", "x-ray of the chest", "chest X ray", "x ray", "chest image", "frontal radiograph",
		"frontal view of the chest", "frontal view", "chest radiography", "an x-ray", "chest study", "image", "picture", "chest x ray image", "thorax x-ray", "thoracic radiograph", "single view chest"}
)

// How captions speak of the patient.
var (
	persons = map[string][]string{
		"F": {"woman", "female", "female patient"},
		"M": {"man", "male", "male patient"},
		"":  {"patient"},
	}
	morePersons = map[string][]string{
		"F": {"lady", "F", "f", "fem", "woman patient", "female pt", "mother", "women", "mom", "mum", "grandmother", "grandma", "granny", "aunt", "wife", "sister", "female adult", "housewife", "lady patient", "female subject"},
		"M": {"gentleman", "M", "m", "man patient", "guy", "male pt", "father", "men", "dad", "grandfather", "grandpa", "granddad", "uncle", "husband", "brother", "male adult", "fellow", "gentleman patient", "male subject"},
		"":  {"person", "pt", "adult", "individual", "subject", "adult patient", "someone"},
	}
	children = map[string][]string{
		"F": {"girl", "female child", "pediatric female patient"},
		"M": {"boy", "male child", "pediatric male patient"},
		"":  {"child", "pediatric patient", "paediatric patient"},
	}
	moreChildren = map[string][]string{
		"F": {"little girl", "young girl", "girl child", "schoolgirl", "paediatric female", "daughter"},
		"M": {"little boy", "young boy", "boy child", "schoolboy", "paediatric male", "son"},
		"":  {"kid", "young child", "peds patient", "small child", "kiddo", "child patient", "ped", "youngster", "schoolchild", "children"},
	}
	// pronouns speak of the patient without a noun.
	pronouns = map[string][]string{
		"F": {"she", "her", "herself", "she is a smoker", "she has a cough", "her film", "she feels well", "her symptoms began last week", "she came in today", "in her"},
		"M": {"he", "his", "himself", "he is a smoker", "he has a cough", "his film", "he feels well", "his symptoms began last week", "he came in today", "in him"},
	}
	// youngest are children whose name gives their age away.
	youngest = map[string][]string{
		"F": {"baby girl", "female toddler", "female newborn", "female infant", "newborn girl", "infant girl", "toddler girl", "female baby"},
		"M": {"baby boy", "male toddler", "male newborn", "male infant", "newborn boy", "infant boy", "toddler boy", "male baby"},
		"":  {"toddler", "infant", "newborn", "neonate", "baby", "newborn baby", "preschool child", "preschooler", "premature infant", "nursery school child"},
	}
	possessive = map[string]string{"F": "her", "M": "his"}
	tens       = []string{"", "teens", "twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties"}
	ordinals   = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
	units      = []string{"", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
	tensOf     = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}
	// genarians are people of a decade, from the sixth on.
	genarians = []string{"quinquagenarian", "sexagenarian", "septuagenarian", "octogenarian", "nonagenarian"}
)

// studyOf names the study, with its view if it is known.
func (d *writer) studyOf(view string) []Word {
	usual, more := noView, moreNoView
	topic := TopicNone
	if view != "" {
		usual, more, topic = views[view], moreViews[view], TopicView
	}
	text := d.of(usual)
	if d.loose && d.chance(70) {
		text = d.of(usual, more)
	}
	words := plain(text)
	for i, w := range words {
		if topic == TopicNone || !slices.Contains(studyWords, strings.ToLower(w.Text)) && strings.Trim(w.Text, closing) != "" {
			words[i].Topic = topic
		}
	}
	return words
}

// studyWords stand beside the view in the name of a study.
var studyWords = strings.Fields("chest x-ray xray x-rays radiograph film view views image frontal of the cxr x ray thorax taken and lateral")

// ageOf speaks of a decade of age, or of years in it: before says that the
// words stand before the person ("54 year old"), else after ("in the
// fifties"). sex is "" where no pronoun may give it away.
func (d *writer) ageOf(decade int, sex string, before bool) []Word {
	from := 10 * (decade - 1)
	digits := strconv.Itoa
	years := from + d.below(10)
	years = max(years, 1)
	if before {
		year := digits(years)
		if d.chance(15) {
			year = inWords(years)
		}
		return say(TopicAge, strings.ReplaceAll(d.of([]string{"% year old", "%-year-old", "% yo", "% y/o", "%yo", "% years old", "% y.o.", "% y", "%y", "% yr old", "%-yr-old", "%-y-o", "% year-old", "%"}), "%", year))
	}
	if d.loose && d.chance(40) {
		return say(TopicAge, strings.ReplaceAll(d.of([]string{"aged %", "age %", ", % years old", "% years of age", "of % years", "age: %", ", % years", ", %", ", age %", "(%)", ", % yo", ", %y", "% years", "who is % years old", "who is %", "of %", "aged %", "% yrs", "about % years old", "at age %", "aged % years", "aged about %", "approximately % years old", "- % y", "%", "age of %"}), "%", digits(years)))
	}
	in := d.of([]string{"the"})
	if p := possessive[sex]; p != "" && d.chance(50) {
		in = p
	}
	forms := []string{"aged " + digits(from) + " to " + digits(from+9)}
	switch decade {
	case 1:
		forms = append(forms, "under ten years")
		if d.loose {
			forms = append(forms, "under 10 years of age", "younger than ten", "under the age of ten", "in the first decade", "aged "+digits(1+d.below(24))+" months", "of preschool age")
		}
	case 2:
		forms = append(forms, "in "+in+" teens")
		if d.loose {
			forms = append(forms, "in the teenage years", "of teenage age", "in the second decade")
		}
	default:
		forms = append(forms, "in "+in+" "+tens[decade-1], "in "+in+" "+digits(from)+"s")
		if d.loose {
			forms = append(forms, "in "+in+" "+digits(from)+"'s", "in "+in+" early "+tens[decade-1], "in "+in+" late "+digits(from)+"s", "in "+in+" mid "+tens[decade-1], "aged "+digits(from)+"-"+digits(from+9),
				"between "+digits(from)+" and "+digits(from+9)+" years", "in the "+ordinals[decade-1]+" decade", "age "+digits(from)+"s", ", "+digits(from)+"s", "in "+in+" mid-"+tens[decade-1],
				"age range "+digits(from)+"-"+digits(from+9), tens[decade-1], "in early "+tens[decade-1], "age group "+digits(from)+" to "+digits(from+9))
		}
	}
	return say(TopicAge, d.of(forms))
}

// inWords writes 1 to 99 in words.
func inWords(n int) string {
	if n < 20 {
		return units[n]
	}
	if n%10 == 0 {
		return tensOf[n/10]
	}
	return tensOf[n/10] + "-" + units[n%10]
}

// person speaks of the patient: sex, age and child, as far as f says them.
func (d *writer) person(f Facts) []Word {
	usual, more := persons[f.Sex], morePersons[f.Sex]
	topic := TopicSex
	if f.Sex == "" {
		topic = TopicNone
	}
	if f.Child && !(d.loose && f.Decade == 1 && d.chance(25)) { // a small age says it, too
		usual, more, topic = children[f.Sex], moreChildren[f.Sex], TopicChild
	}
	noun := d.of(usual)
	if d.loose && d.chance(40) {
		noun = d.of(usual, more)
	}
	who := say(topic, noun)
	if f.Decade == 0 {
		if d.loose && d.chance(15) {
			who = append(aside(d.of(vagueAges)), who...)
		}
		return who
	}
	if d.loose && f.Decade == 1 && topic == TopicChild && d.chance(35) {
		return say(topic, d.of(youngest[f.Sex]))
	}
	if d.loose && f.Sex != "" && !f.Child && f.Decade > 1 && d.chance(16) {
		if d.chance(50) { // m 62
			return append(say(TopicSex, strings.ReplaceAll(d.of([]string{"%", "%,", "%/", "%:"}), "%", d.of([]string{f.Sex, strings.ToLower(f.Sex)}))), say(TopicAge, strconv.Itoa(10*(f.Decade-1)+d.below(10)))...)
		}
		if f.Decade > 2 { // in her sixties
			age := say(TopicAge, "in "+possessive[f.Sex]+" "+d.of([]string{"", "", "early ", "late ", "mid "})+d.of([]string{tens[f.Decade-1], strconv.Itoa(10*(f.Decade-1)) + "s"}))
			age[1].Topic = TopicSex
			return age
		}
	}
	if d.loose && d.chance(6) && !f.Child {
		if i := f.Decade - 6; i >= 0 {
			return append(say(topic, d.of(adjectives[f.Sex])), say(TopicAge, genarians[i])...)
		}
		if f.Decade == 2 {
			return append(say(topic, d.of(adjectives[f.Sex])), say(TopicAge, d.of([]string{"teenager", "adolescent", "teen"}))...)
		}
	}
	if d.loose && d.chance(45) {
		age := d.ageOf(f.Decade, f.Sex, true)
		if f.Sex == "" && !f.Child && d.chance(15) { // a five-year-old
			return age
		}
		if d.chance(35) { // 54F, 54 M
			age = say(TopicAge, strconv.Itoa(max(1, 10*(f.Decade-1)+d.below(10))))
			if letter := strings.Trim(f.Sex, " "); letter != "" && !f.Child {
				if d.chance(50) {
					letter = strings.ToLower(letter)
				}
				return append(age, Word{Text: letter, Topic: TopicSex, tight: d.chance(60)})
			}
		}
		return append(age, who...)
	}
	return append(who, d.ageOf(f.Decade, f.Sex, false)...)
}

var (
	adjectives = map[string][]string{"F": {"female"}, "M": {"male"}, "": {""}}
	vagueAges  = []string{"elderly", "young", "old", "middle-aged", "adult", "older", "the"}
)
