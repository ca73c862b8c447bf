package dataset

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// missing are the usual names of a value that is not there.
var missing = []string{"", "na", "n a", "n/a", "#n/a", "<na>", "nan", "none", "null", "nil", ".", "..", "?", "??", "unknown", "unk", "missing", "not available", "not known", "not given", "undefined", "unspecified", "keine angabe", "k.a."}

func isMissing(value string) bool { return slices.Contains(missing, plainName(value)) }

// The words of which views are made.
var (
	viewPA    = []string{"pa", "p a", "p.a.", "p.a", "posteroanterior"}
	viewAP    = []string{"ap", "a p", "a.p.", "a.p", "anteroposterior", "supine", "portable", "mobile", "bedside"}
	viewFront = []string{"frontal", "front", "f"}
	viewSide  = []string{"lateral", "lat", "ll", "l", "rl", "lld", "rld", "side", "llat", "rlat", "left lateral", "right lateral", "decubitus", "oblique", "lpo", "rpo", "lao", "rao", "costal", "lordotic", "xtable", "apical lordotic"}
	viewNoise = []string{"view", "views", "projection", "chest", "x", "ray", "xray", "cxr", "radiograph", "film", "erect", "upright", "standing", "sitting", "semi", "semierect", "semiupright", "horizontal", "position", "image", "thorax", "only", "one", "single", "5", "axial"}
)

// twoWords are directions that are written in two words or more.
var twoWords = strings.NewReplacer("postero anterior", "posteroanterior", "posterior to anterior", "posteroanterior", "posterior anterior", "posteroanterior",
	"antero posterior", "anteroposterior", "anterior to posterior", "anteroposterior", "anterior posterior", "anteroposterior")

var parenthesis = regexp.MustCompile(`\([^()]*\)`)

// viewOf reads a view: PA, AP, or nothing where it is frontal or not said.
// lateral says that the image is not frontal.
func viewOf(value string) (view string, lateral, ok bool) {
	if isMissing(value) {
		return "", false, true
	}
	text := twoWords.Replace(strings.ReplaceAll(plainName(parenthesis.ReplaceAllString(value, " ")), ",", " "))
	switch {
	case slices.Contains(viewPA, text):
		return "PA", false, true
	case slices.Contains(viewAP, text):
		return "AP", false, true
	case slices.Contains(viewFront, text):
		return "", false, true
	case slices.Contains(viewSide, text):
		return "", true, true
	}
	pa, ap, front := false, false, false
	for _, word := range strings.Fields(text) {
		switch {
		case slices.Contains(viewPA, word):
			pa = true
		case slices.Contains(viewAP, word):
			ap = true
		case slices.Contains(viewFront, word):
			front = true
		case slices.Contains(viewSide, word):
			lateral = true
		case !slices.Contains(viewNoise, word):
			return "", false, false
		}
	}
	switch {
	case lateral && (pa || front) || pa && ap:
		return "", false, false // two things at once
	case lateral: // also "AP lateral decubitus"
		return "", true, true
	case pa:
		return "PA", false, true
	case ap:
		return "AP", false, true
	}
	return "", false, front
}

var sexes = map[string][]string{
	"F": {"f", "female", "fem", "w", "woman", "women", "girl", "weiblich", "frau", "mujer", "femenino", "femme", "feminin", "femminile", "female patient"},
	"M": {"m", "male", "man", "men", "boy", "mannlich", "mann", "hombre", "masculino", "homme", "masculin", "maschile", "male patient"},
	"":  {"o", "other", "u", "x", "d", "divers", "diverse", "non binary", "intersex", "not stated"},
}

// sexOf reads a sex: F, M, or nothing where captions do not state it.
func sexOf(value string) (sex string, ok bool) {
	if isMissing(value) {
		return "", true
	}
	for sex, names := range sexes {
		if slices.Contains(names, plainName(value)) {
			return sex, true
		}
	}
	return "", false
}

var (
	ageYears  = regexp.MustCompile(`^(\d{1,3})(?:\.\d+)?(?: ?(?:y|yr|yrs|yo|y/o|year|years|jahre|anos|ans)(?: old)?)?$`)
	ageMonths = regexp.MustCompile(`^(\d{1,3})(?:\.\d+)? ?(m|mo|month|months|w|wk|week|weeks|d|day|days)(?: old)?$`)
	ageRange  = regexp.MustCompile(`^[\[(]?(\d{1,3}) ?(?:-|to|,|\x{2013}|\.\.) ?(\d{1,3})[\])]?(?: years)?$`)
	ageDecade = regexp.MustCompile(`^(?:in the )?(\d{1,2}0) ?'?s$`)
	ageAbove  = regexp.MustCompile(`^(?:(?:>=?|\x{2265}|over|above) ?(\d{1,3})|(\d{1,3}) ?(?:\+|and over|or older|and older))$`)
)

// ageOf reads an age in years; 0: not known. What is given as a decade is its
// first year, what is given in months, weeks or days counts as a year at
// least.
func ageOf(value string) (years int, ok bool) {
	if isMissing(value) {
		return 0, true
	}
	text := strings.ToLower(strings.TrimSpace(value))
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // of three digits at most
		return n
	}
	switch {
	case ageYears.MatchString(text):
		if years = number(ageYears.FindStringSubmatch(text)[1]); years == 0 {
			// Tables write 0 for "not known", and for the newly born alike.
			return 0, true
		}
	case ageMonths.MatchString(text):
		m := ageMonths.FindStringSubmatch(text)
		per := map[byte]int{'m': 12, 'w': 52, 'd': 365}[m[2][0]]
		years = max(1, number(m[1])/per)
	case ageDecade.MatchString(text):
		years = number(ageDecade.FindStringSubmatch(text)[1])
	case ageAbove.MatchString(text):
		m := ageAbove.FindStringSubmatch(text)
		if years = number(m[1] + m[2]); years == 89 {
			years = 90 // as records are made anonymous
		}
		if years < 80 {
			return 0, false // of no decade
		}
	case ageRange.MatchString(text):
		m := ageRange.FindStringSubmatch(text)
		low, high := number(m[1]), number(m[2])
		if low/10 != high/10 && high != low/10*10+10 {
			return 0, false // of more than one decade
		}
		years = max(low, 1)
	default:
		return 0, false
	}
	return years, years > 0 && years < maxAge
}

// maxAge is an age that no patient has.
const maxAge = 120

// stated reads a cell of a column that is named after a finding: 1 where it is
// there, 0 where it is not, or not mentioned, −1 where the table leaves it open.
func stated(value string) (v int, ok bool) {
	value = strings.TrimSpace(value)
	switch strings.ToLower(strings.TrimSuffix(value, ".0")) {
	case "-1", "uncertain", "maybe", "possible", "equivocal":
		return -1, true
	case "1", "1.", "yes", "true", "y", "t", "positive", "present", "x":
		return 1, true
	case "0", "0.", "no", "false", "n", "f", "negative", "absent":
		return 0, true
	}
	return 0, isMissing(value)
}
