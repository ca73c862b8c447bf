package dataset

// FindingLabels lists the findings that captions speak of, by their labels in a
// manifest: those of NIH ChestX-ray14 (Wang et al. 2017).
func FindingLabels() []string {
	labels := make([]string, len(findings))
	for i := range findings {
		labels[i] = findings[i].label
	}
	return labels
}

// FindingName is the usual name of a finding in a report, by its label; the
// label itself where it is none of [FindingLabels].
func FindingName(label string) string {
	for i := range findings {
		if findings[i].label == label {
			return findings[i].names[0]
		}
	}
	return label
}

// Speaks reports whether a record's labels say something of findings, be it
// that there are none.
func Speaks(r Record) bool {
	_, unknown := labelled(r)
	return !unknown
}
