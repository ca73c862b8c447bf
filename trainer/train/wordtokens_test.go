//go:build libtorch

package train

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/roentgo/roentgo/internal/specimen"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
)

// TestWordTokens compares the tokens of captions, word by word, with those of
// their texts, and what the tokens of one speak of with what its words do.
func TestWordTokens(t *testing.T) {
	data, err := os.ReadFile(specimen.Vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	vocab, err := dataset.Vocabulary(strings.Fields(string(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	const max = 128
	tokens, err := prompt.New(vocab, true, max)
	if err != nil {
		t.Fatal(err)
	}
	words := newWordTokens(tokens, vocab)
	different, cut := 0, 0
	const total = 2000
	for n := range total {
		s := dataset.Speak(3, n)
		want, err := tokens.Encode(s.Text(), true)
		if err != nil {
			t.Fatal(err)
		}
		got := words.caption(s, max)
		if !slices.Equal(got.ids, want) {
			if different++; different < 5 {
				t.Logf("%q", s.Text())
			}
		}
		if len(got.ids) == max {
			cut++
		}
		if len(got.senses) != len(got.ids) || got.facts != s.Facts {
			t.Fatalf("%q: %d senses of %d tokens, facts %+v", s.Text(), len(got.senses), len(got.ids), got.facts)
		}
		for i, sense := range got.senses {
			token := vocab[got.ids[i]]
			if want, known := map[string]dataset.Topic{"pneumothorax": dataset.TopicPneumothorax, "cardiomegaly": dataset.TopicCardiomegaly, "[CLS]": dataset.TopicNone}[token]; known && sense != senseOf(want, &s.Facts) || sense >= senses {
				t.Fatalf("%q: %s has sense %d", s.Text(), token, sense)
			}
		}
	}
	if different > total/100 || cut > total/50 {
		t.Errorf("of %d captions %d have other tokens than their texts, %d are cut", total, different, cut)
	}
}
