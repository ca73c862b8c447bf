package dataset

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/sampler/samplertest/need"
)

func TestCaption(t *testing.T) {
	effusion := Record{View: "AP", Labels: []string{"Effusion", "Cardiomegaly"}, Sex: "F", Age: 61}
	normal := Record{View: "PA", Labels: []string{"No Finding"}, Sex: "M", Age: 30}
	covid := Record{View: "AP", Labels: []string{"COVID-19"}, Sex: "M", Age: 50}
	known := map[string]bool{}
	for _, w := range CaptionWords() {
		known[w] = true
	}
	distinct := map[string]bool{}
	for variant := range 500 {
		for i, r := range []Record{effusion, normal, covid} {
			text := Caption(r, 1, i, variant)
			distinct[text] = true
			if unknown := prompt.Unknown(text, known); len(unknown) > 0 {
				t.Fatalf("%q has the words %v, which CaptionWords lacks", text, unknown)
			}
			if text != Caption(r, 1, i, variant) {
				t.Fatal("the same arguments gave two captions")
			}
			for _, never := range []string{"left", "right", "mild", "severe", "covid", "small", "large", "61", "30"} {
				if slices.Contains(prompt.Words(text), never) {
					t.Errorf("%q says %q, which no label does", text, never)
				}
			}
		}
		text := Caption(effusion, 1, 0, variant)
		for _, denial := range append(append([]string{"normal chest", "no pleural effusion", "posteroanterior", " man", "PA "}, terms[0].clear...), terms[1].clear...) {
			if strings.Contains(text, denial) {
				t.Errorf("%q contradicts its record", text)
			}
		}
		if text := Caption(normal, 1, 1, variant); strings.Contains(text, "there is a ") || strings.Contains(text, "AP") {
			t.Errorf("%q contradicts its record", text)
		}
		if text := Caption(covid, 1, 2, variant); strings.Contains(text, "clear") || strings.Contains(text, "normal") || strings.Contains(text, "no ") {
			t.Errorf("%q speaks of findings that are not known", text)
		}
	}
	if len(distinct) < 800 {
		t.Errorf("1500 captions had %d texts: too little variety", len(distinct))
	}
}

func TestVocabulary(t *testing.T) {
	data, err := os.ReadFile(need.Data(t, "vocab", "bert_base_cased_vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	vocab, err := Vocabulary(strings.Fields(string(data)), []string{"Cholecystectomy clips.", "clips"})
	if err != nil {
		t.Fatal(err)
	}
	tok, err := prompt.New(vocab, true, 128)
	if err != nil {
		t.Fatal(err)
	}
	unk := int32(slices.Index(vocab, "[UNK]"))
	for _, text := range append(CaptionWords(), strings.Fields(wordList)...) {
		ids, err := tok.Encode(text, false)
		if err != nil || slices.Contains(ids, unk) {
			t.Errorf("%q: ids %v, %v", text, ids, err)
		}
	}
	t.Logf("%d tokens", len(vocab))
}

func TestCaptionSaysTheView(t *testing.T) {
	for view, words := range map[string][]string{"PA": {"pa", "posteroanterior"}, "AP": {"ap", "anteroposterior"}} {
		for variant := range 300 {
			text := Caption(Record{View: view, Labels: []string{"Mass"}, Sex: "M", Age: 55}, 1, 0, variant)
			said := prompt.Words(text)
			if !slices.ContainsFunc(words, func(w string) bool { return slices.Contains(said, w) }) {
				t.Errorf("%q does not say that the view is %s", text, view)
			}
		}
	}
}

func TestChildren(t *testing.T) {
	r := Record{View: "AP", Labels: []string{"Pneumonia"}, Report: "Paediatric, one to five years. Pneumonia."}
	for variant := range 200 {
		text := Caption(r, 1, 0, variant)
		child := false
		for _, name := range children[""] {
			child = child || strings.Contains(text, name)
		}
		if !child {
			t.Errorf("%q does not say that it is of a child", text)
		}
	}
	const report = "the heart is enlarged. there is a pleural effusion."
	if text := Caption(Record{View: "PA", Report: report}, 1, 0, 0); text != report {
		t.Errorf("the caption of a report is %q", text)
	}
}

// TestHeldOut lists the forms of sentences that no text of a training has.
func TestHeldOut(t *testing.T) {
	never := []string{"the film reveals", "is appreciated", "appearances of", "is not appreciated", "no appearance of"}
	for i := range 20000 {
		text, _ := Prompt(1, i)
		for _, form := range never {
			if strings.Contains(text, form) {
				t.Fatalf("%q has the held-out form %q", text, form)
			}
		}
	}
	texts, facts := HeldOutPrompts()
	for i, text := range texts {
		if !slices.ContainsFunc(never, func(form string) bool { return strings.Contains(text, form) }) {
			t.Errorf("%q has no form of the list", text)
		}
		denied := strings.Contains(text, "not appreciated") || strings.Contains(text, " no ") || strings.HasPrefix(text, "no ")
		if denied != (len(facts[i].indices(Denied)) == 1) || denied == (len(facts[i].indices(Present)) == 1) {
			t.Errorf("%q has the facts %v", text, facts[i])
		}
	}
}

func TestClasses(t *testing.T) {
	for i := range 2000 {
		text, f := Prompt(3, i)
		classes := f.Classes()
		for k, n := range Targets() {
			if classes[k] < 0 || classes[k] >= n {
				t.Fatalf("%q: class %d of output %d, which has %d", text, classes[k], k, n)
			}
		}
		if back := FactsOf(classes); back != f {
			t.Fatalf("%q: facts %v became %v", text, f, back)
		}
	}
}
