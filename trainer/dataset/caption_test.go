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
			for _, never := range []string{"left", "right", "mild", "severe", "covid", "small", "large"} {
				if slices.Contains(prompt.Words(text), never) {
					t.Errorf("%q says %q, which no label does", text, never)
				}
			}
		}
		if text := Caption(effusion, 1, 0, variant); strings.Contains(text, "normal") || strings.Contains(text, "no pleural effusion") ||
			strings.Contains(text, "posteroanterior") || strings.Contains(text, " man") {
			t.Errorf("%q contradicts its record", text)
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
