package prompt_test

import (
	"testing"

	"github.com/roentgo/roentgo/sampler/prompt"
)

func TestView(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "",
		"pleural effusion":                  "",
		"PA chest x-ray, cardiomegaly":      "PA",
		"Posteroanterior view. No effusion": "PA",
		"AP chest x-ray":                    "AP",
		"portable AP supine film":           "AP",
		"Bedside film, edema.":              "AP",
		"an antero-posterior view":          "AP",
		"PA and AP views":                   "",
		"paediatric apical pneumothorax":    "",
	} {
		if got := prompt.View(text); got != want {
			t.Errorf("the view of %q is %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"": "", "effusion": "", "AP and PA": "", "portable film, edema": "AP chest x-ray", "PA chest x-ray": "PA chest x-ray"} {
		if got := prompt.Away(text); got != want {
			t.Errorf("guidance of %q goes away from %q, want %q", text, got, want)
		}
	}
	for _, view := range []string{"", "PA", "AP"} {
		if got := prompt.View(prompt.OfView(view)); got != view {
			t.Errorf("%q states the view %q", prompt.OfView(view), got)
		}
	}
}
