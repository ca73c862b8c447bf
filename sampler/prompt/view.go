package prompt

// viewWords are words that state a view. A bedside film is taken from the
// front, with the patient lying or sitting.
var viewWords = map[string]string{
	"pa": "PA", "posteroanterior": "PA", "postero-anterior": "PA", "posterior-anterior": "PA",
	"ap": "AP", "anteroposterior": "AP", "antero-posterior": "AP", "anterior-posterior": "AP",
	"portable": "AP", "supine": "AP", "bedside": "AP", "mobile": "AP",
}

// View is the view that a text states: "PA", "AP", or "" where it states none or
// both.
func View(text string) string {
	view := ""
	for _, word := range Words(text) {
		switch v := viewWords[word]; {
		case v == "" || v == view:
		case view == "":
			view = v
		default:
			return ""
		}
	}
	return view
}

// OfView is a text that states a view, "PA", "AP" or "" for none, and nothing
// else. Trainings use it for images whose findings they hide, and samplers guide
// away from it.
func OfView(view string) string {
	if view == "" {
		return "chest x-ray"
	}
	return view + " chest x-ray"
}

// Away is the text of all images of the view that a text states, or "", the null
// condition, where it states none: what guidance within a view goes away from.
func Away(text string) string {
	if view := View(text); view != "" {
		return OfView(view)
	}
	return ""
}
