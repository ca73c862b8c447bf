package train

import (
	"strings"

	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
)

// wordTokens gives the tokens of captions and what each speaks of. It is for
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
	c := caption{ids: []int32{w.ids["[CLS]"]}, topics: []dataset.Topic{dataset.TopicNone}, facts: s.Facts}
	marked := true // marks at the beginning go
	for _, chunk := range s.Chunks() {
		isMark := strings.Trim(chunk.Text, marks) == ""
		if isMark && marked {
			continue
		}
		marked = isMark
		for _, id := range w.of(chunk.Text) {
			c.ids, c.topics = append(c.ids, id), append(c.topics, chunk.Topic)
		}
	}
	if len(c.ids) > max-1 {
		c.ids, c.topics = c.ids[:max-1], c.topics[:max-1]
	}
	c.ids, c.topics = append(c.ids, w.ids["[SEP]"]), append(c.topics, dataset.TopicNone)
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
