package prompt

import (
	"regexp"
	"strings"
)

// abbreviations of radiology reports, as whole words, and what they mean. One
// that could mean two things is not here: PA is a view and an artery.
var abbreviations = map[string]string{
	"RUL": "right upper lobe", "RML": "right middle lobe", "RLL": "right lower lobe",
	"LUL": "left upper lobe", "LLL": "left lower lobe",
	"PTX": "pneumothorax", "PNA": "pneumonia", "CHF": "congestive heart failure",
	"COPD": "chronic obstructive pulmonary disease", "ETT": "endotracheal tube", "NGT": "nasogastric tube",
	"CXR": "chest x-ray", "SVC": "superior vena cava", "IVC": "inferior vena cava", "CABG": "coronary artery bypass graft",
	"PICC": "peripherally inserted central catheter", "PIC": "peripherally inserted central", "ARDS": "acute respiratory distress syndrome",
	"TB": "tuberculosis", "ILD": "interstitial lung disease", "GGO": "ground-glass opacity",
	"WNL": "within normal limits", "SOB": "shortness of breath", "ICD": "implantable cardioverter defibrillator",
	"AICD": "automatic implantable cardioverter defibrillator", "IJ": "internal jugular", "NG": "nasogastric",
	"VP": "ventriculoperitoneal", "TIPS": "transjugular intrahepatic portosystemic shunt",
	"DISH": "diffuse idiopathic skeletal hyperostosis", "AVN": "avascular necrosis", "LV": "left ventricular",
	"ORIF": "open reduction and internal fixation", "CT": "computed tomography", "MRI": "magnetic resonance imaging",
	"w/o": "without", "w/": "with", "b/l": "bilateral",
}

var (
	abbreviation = regexp.MustCompile(`\b(?:RUL|RML|RLL|LUL|LLL|PTX|PNA|CHF|COPD|ETT|NGT|CXR|SVC|IVC|CABG|PICC|PIC|ARDS|TB|ILD|GGO|WNL|SOB|ICD|AICD|IJ|NG|VP|TIPS|DISH|AVN|LV|ORIF|CT|MRI)\b|\bw/o\b|\bw/|\bb/l\b`)
	redaction    = regexp.MustCompile(`(?i)\bx{3,}\b`)
	measurement  = regexp.MustCompile(`(?i)\b\d+(?:\.\d+)?(?:\s*(?:x|by)\s*\d+(?:\.\d+)?)*\s*(?:mm|cm|millimeters?|centimeters?)\b`)
	loneMarks    = regexp.MustCompile(`\s+([.,;:])`)
	doubleMarks  = regexp.MustCompile(`([.,;:])(?:\s*[.,;:])+`)
)

// expand writes abbreviations in full; one in brackets after its own full form
// is left out. note, where it is not nil, is called with each.
func expand(text string, note func(before, after string)) string {
	var b strings.Builder
	end := 0
	for _, at := range abbreviation.FindAllStringIndex(text, -1) {
		before := text[at[0]:at[1]]
		after := abbreviations[before]
		b.WriteString(text[end:at[0]])
		end = at[1]
		if done := b.String(); strings.HasSuffix(done, "(") && strings.HasPrefix(text[end:], ")") &&
			strings.HasSuffix(strings.ToLower(strings.TrimSpace(done[:len(done)-1])), after) {
			b.Reset()
			b.WriteString(strings.TrimSpace(done[:len(done)-1]))
			end++
		} else if b.WriteString(after); strings.HasSuffix(before, "/") {
			b.WriteByte(' ')
		}
		if note != nil {
			note(before, after)
		}
	}
	return b.String() + text[end:]
}

// Normalize writes a report or a prompt the way that the training captions are
// written: cleaned, abbreviations expanded, redactions (XXXX) and measurements
// removed. It is pure: the same text gives the same result.
func Normalize(text string) string {
	text = Clean(text)
	text = redaction.ReplaceAllString(text, "")
	text = measurement.ReplaceAllString(text, "")
	text = expand(text, nil)
	text = strings.Join(strings.Fields(text), " ")
	text = loneMarks.ReplaceAllString(text, "$1")
	text = doubleMarks.ReplaceAllString(text, "$1")
	return strings.TrimLeft(text, ".,;: ")
}
