package prompt

import (
	"encoding/csv"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/need"
)

func TestReport(t *testing.T) {
	for _, c := range []struct {
		findings, impression, want string
		rules                      string // that must have run, space between
	}{
		{"Lungs are clear.", "Lungs are clear. No acute disease.", "Lungs are clear. No acute disease.", RuleRepeated},
		{"1. RLL opacity 2. Small effusion", "", "Right lower lobe opacity. Small effusion.", RuleEnumeration + " " + RuleAbbreviation},
		{"There is a 1.9 x 1.8 cm opacity in the RUL.", "", "There is an opacity in the right upper lobe.", RuleMeasurement},
		{"A nodule measuring approximately 7 mm in diameter is seen. An 8mm granuloma.", "", "A nodule is seen. An granuloma.", RuleMeasurement},
		{"CT ratio 12/33. CT scan shows a mass.", "", "Computed tomography scan shows a mass.", RuleMeasurement},
		{"Normal chest x-XXXX. Calcified lymph XXXX.", "", "Normal chest x-ray. Calcified lymph nodes.", RuleRestored},
		{"No XXXX focal infiltrate.", "", "No focal infiltrate.", RuleRedaction},
		{"The XXXX are normal. Pulmonary XXXX normal. XXXX. Heart normal.", "", "Heart normal.", RuleRedacted},
		{"Unchanged from XXXX. Aorta tortuous.", "", "Unchanged. Aorta tortuous.", RuleComparison},
		{"Heart enlarged, stable compared to the prior exam.", "", "Heart enlarged, stable.", RuleComparison},
		{"PA and lateral views of the chest were obtained. Heart normal.", "END OF REPORT.", "Heart normal.", RuleTemplate},
		{"Dense nodule in the left apex, if desired one may consider CT.", "Recommend follow-up chest CT.", "Dense nodule in the left apex.", RuleTemplate},
		{"There is a large mass in the left lower lobe and recommend CT of the chest.", "", "There is a large mass in the left lower lobe.", RuleTemplate},
		{"Dr. XXXX was notified at XXXX p.m.", "", "", RuleTemplate},
		{"Frontal views of the chest show a large heart.", "", "Frontal views of the chest show a large heart.", ""},
		{"The heart is XXXX within normal limits. The pulmonary XXXX and mediastinum are normal.", "", "The heart is within normal limits.", RuleRedacted},
		{"No XXXX infiltrates. Larger from the prior studies.", "", "No infiltrates. Larger.", RuleComparison},
		{"<BR>Heart &gt;] normal", "", "Heart normal.", RuleMarkup},
		{"LEFT LUNG MASS SEEN.", "", "Left lung mass seen.", RuleCapitals},
		{"Chronic obstructive pulmonary disease (COPD) again.", "", "Chronic obstructive pulmonary disease again.", RuleAbbreviation},
		{"Effusion at rib 7 anteriorly. L1 is wedged.", "", "Effusion at rib 7 anteriorly. L1 is wedged.", ""},
		{"", "", "", ""},
	} {
		got, changes := Report(c.findings, c.impression)
		if got != c.want {
			t.Errorf("Report(%q, %q) = %q, want %q", c.findings, c.impression, got, c.want)
		}
		ran := ""
		for _, ch := range changes {
			ran += ch.Rule + " "
		}
		for _, rule := range []string{RuleMarkup, RuleRestored, RuleEnumeration, RuleMeasurement, RuleTemplate, RuleComparison, RuleRedacted, RuleRedaction, RuleAbbreviation, RuleCapitals, RuleRepeated} {
			if strings.Contains(c.rules, rule) != strings.Contains(ran, rule) && (c.rules == rule || strings.Contains(c.rules, rule)) {
				t.Errorf("Report(%q, %q): rule %q did not run, but %q", c.findings, c.impression, rule, ran)
			}
		}
	}
}

// bad is what no report may have left.
var bad = regexp.MustCompile(`(?i)x{3}|\d\s*(?:mm|cm)\b|views? (?:were|was) (?:obtained|submitted)\b|end of report|[<>\[\]]|\brecommend`)

// TestReportsOfOpenI runs over every report of the collection.
func TestReportsOfOpenI(t *testing.T) {
	f, err := os.Open(need.Data(t, "openi", "indiana_reports.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	words, whole, restless := 0, 0, 0
	for _, row := range rows[1:] {
		text, _ := Report(row[6], row[7])
		if m := bad.FindString(text); m != "" {
			t.Errorf("report %s still has %q", row[0], m)
		}
		if again, _ := Report(text); again != text {
			restless++
			t.Logf("report %s is not at rest: %q, then %q", row[0], text, again)
		}
		if n := len(strings.Fields(text)); n >= 5 {
			words += n
			whole++
		}
	}
	if restless > 2 {
		t.Errorf("%d reports change when they are put in again", restless)
	}
	if mean := float64(words) / float64(whole); whole < 3300 || mean < 30 || mean > 46 {
		t.Errorf("%d of %d reports are complete, of %.1f words; something takes too much or too little", whole, len(rows)-1, mean)
	}
}

func FuzzReport(f *testing.F) {
	f.Add("1. There is a XXXX. 3 x 4 cm RLL mass, if XXXX.", "Dr. XXXX")
	f.Add("x-XXXX\xff\u200b((XXXX)) -- .;, a opacity", "&lt;BR&gt;")
	f.Fuzz(func(t *testing.T, findings, impression string) {
		text, _ := Report(findings, impression)
		if strings.Contains(strings.ToLower(text), "xxxx") || text != strings.TrimSpace(text) || strings.ContainsAny(text, "<>[]\n") {
			t.Errorf("Report(%q, %q) = %q", findings, impression, text)
		}
	})
}
