package prompt

import (
	"regexp"
	"strings"
)

// abbreviations of radiology reports, as whole words, and what they mean. One
// that could mean two things is not here.
var abbreviations = map[string]string{
	"RUL": "right upper lobe", "RML": "right middle lobe", "RLL": "right lower lobe",
	"LUL": "left upper lobe", "LLL": "left lower lobe",
	"PTX": "pneumothorax", "PNA": "pneumonia", "CHF": "congestive heart failure",
	"COPD": "chronic obstructive pulmonary disease", "ETT": "endotracheal tube", "NGT": "nasogastric tube",
	"CXR": "chest x-ray", "SVC": "superior vena cava", "IVC": "inferior vena cava", "CABG": "coronary artery bypass graft",
	"PICC": "peripherally inserted central catheter", "ARDS": "acute respiratory distress syndrome",
	"TB": "tuberculosis", "ILD": "interstitial lung disease", "GGO": "ground-glass opacity",
	"WNL": "within normal limits", "SOB": "shortness of breath", "ICD": "implantable cardioverter defibrillator",
	"w/o": "without", "w/": "with", "b/l": "bilateral",
}

var (
	abbreviation = regexp.MustCompile(`\b(?:RUL|RML|RLL|LUL|LLL|PTX|PNA|CHF|COPD|ETT|NGT|CXR|SVC|IVC|CABG|PICC|ARDS|TB|ILD|GGO|WNL|SOB|ICD)\b|\bw/o\b|\bw/|\bb/l\b`)
	redaction    = regexp.MustCompile(`(?i)\bx{3,}\b`)
	measurement  = regexp.MustCompile(`(?i)\b\d+(?:\.\d+)?(?:\s*(?:x|by)\s*\d+(?:\.\d+)?)*\s*(?:mm|cm|millimeters?|centimeters?)\b`)
	loneMarks    = regexp.MustCompile(`\s+([.,;:])`)
	doubleMarks  = regexp.MustCompile(`([.,;:])(?:\s*[.,;:])+`)
)

// Normalize writes a report or a prompt the way that the training captions are
// written: cleaned, abbreviations expanded, redactions (XXXX) and measurements
// removed. It is pure: the same text gives the same result.
func Normalize(text string) string {
	text = Clean(text)
	text = redaction.ReplaceAllString(text, "")
	text = measurement.ReplaceAllString(text, "")
	text = abbreviation.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasSuffix(s, "/") {
			return abbreviations[s] + " "
		}
		return abbreviations[s]
	})
	text = strings.Join(strings.Fields(text), " ")
	text = loneMarks.ReplaceAllString(text, "$1")
	text = doubleMarks.ReplaceAllString(text, "$1")
	return strings.TrimLeft(text, ".,;: ")
}
