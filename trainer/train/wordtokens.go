//go:build libtorch

package train

import (
	"strings"

	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
)

// caption is a caption as the encoder reads it.
type caption struct {
	ids    []int32
	senses []int // of each token; see senseOf
	facts  dataset.Facts
}

// senses is the number of senses of a token: none, each claim in two senses,
// view, sex, age, child.
const senses = dataset.Topics + dataset.Claimed

// senseOf is what a token of a caption of those facts says: nothing, that a
// topic is present or denied, or something of the study or the patient.
func senseOf(t dataset.Topic, f *dataset.Facts) int {
	switch {
	case t == dataset.TopicNone:
		return 0
	case t <= dataset.TopicNormal && f.Claim(t) == dataset.Denied:
		return int(t) + dataset.Claimed
	case t <= dataset.TopicNormal:
		return int(t)
	}
	return int(t) + dataset.Claimed
}

// wordTokens gives the tokens of captions and what each says. It is for
// one goroutine.
type wordTokens struct {
	tokens *prompt.Tokenizer
	ids    map[string]int32 // by token
	known  map[string][]int32
}

func newWordTokens(tokens *prompt.Tokenizer, vocab []string) *wordTokens {
	w := &wordTokens{tokens: tokens, ids: map[string]int32{}, known: map[string][]int32{}}
	for id, token := range vocab {
		w.ids[token] = int32(id)
	}
	return w
}

// marks are what [prompt.Normalize] keeps one of.
const marks = ".,;:"

// caption turns words into tokens one by one, which gives those of the whole
// text, cut to the model's length.
func (w *wordTokens) caption(s dataset.Spoken, max int) caption {
	c := caption{ids: []int32{w.ids["[CLS]"]}, senses: []int{0}, facts: s.Facts}
	marked := true // marks at the beginning go
	for _, chunk := range s.Chunks() {
		isMark := strings.Trim(chunk.Text, marks) == ""
		if isMark && marked {
			continue
		}
		marked = isMark
		for _, id := range w.of(chunk.Text) {
			c.ids, c.senses = append(c.ids, id), append(c.senses, senseOf(chunk.Topic, &s.Facts))
		}
	}
	if len(c.ids) > max-1 {
		c.ids, c.senses = c.ids[:max-1], c.senses[:max-1]
	}
	c.ids, c.senses = append(c.ids, w.ids["[SEP]"]), append(c.senses, 0)
	return c
}

// of returns the tokens of a word or a mark.
func (w *wordTokens) of(text string) []int32 {
	if ids, ok := w.known[text]; ok {
		return ids
	}
	ids := []int32{w.ids[text]}
	if strings.Trim(text, marks) != "" {
		whole, err := w.tokens.Encode(text, true)
		if err != nil {
			panic(err) // captions are our own, and short
		}
		if ids = nil; len(whole) > 2 {
			ids = whole[1 : len(whole)-1]
		}
	}
	if len(w.known) < 1<<16 {
		w.known[text] = ids
	}
	return ids
}
