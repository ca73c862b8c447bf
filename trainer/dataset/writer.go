package dataset

import (
	"strings"

	"github.com/roentgo/roentgo/internal/noise"
)

// Word is a word or a mark of a caption.
type Word struct {
	Text  string
	Topic Topic // what it speaks of
	tight bool  // no space stands before it
	aside bool  // no label says it, so that no image shows it: a side, a degree
}

// Spoken is a caption, word by word, and what it says.
type Spoken struct {
	Words []Word
	Facts Facts
}

// Text is the caption as it is read.
func (s Spoken) Text() string {
	var b strings.Builder
	for i, w := range s.Words {
		if i > 0 && !w.tight {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// writer gives the choices of one caption, one after another.
type writer struct {
	seed          uint64
	image, stream uint32
	n             uint32
	loose         bool   // it also uses what only the text encoder is trained with
	sober         bool   // it makes no words up
	sex           string // that a pronoun may repeat, or empty
}

func (d *writer) below(n int) int {
	d.n++
	return noise.Below(n, d.seed, d.n-1, d.image, d.stream)
}

// of chooses from all lists together.
func (d *writer) of(lists ...[]string) string {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	i := d.below(n)
	for _, list := range lists {
		if i < len(list) {
			return list[i]
		}
		i -= len(list)
	}
	panic("unreachable: below(n) is less than n")
}

// chance is true with a probability of percent.
func (d *writer) chance(percent int) bool { return d.below(100) < percent }

// oneOf is the index of one of the weights, each chosen as often as it is
// large.
func (d *writer) oneOf(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	at := d.below(sum)
	for i, w := range weights {
		if at -= w; at < 0 {
			return i
		}
	}
	panic("unreachable: below(sum) is less than sum")
}

func shuffle[T any](d *writer, list []T) {
	for i := len(list) - 1; i > 0; i-- {
		j := d.below(i + 1)
		list[i], list[j] = list[j], list[i]
	}
}

// closing are the marks that hang on the word before them.
const closing = ",.;:?)"

// say makes words of a text that speak of a topic: those in braces, or all
// where there are none.
func say(topic Topic, text string) []Word {
	inside := !strings.Contains(text, "{")
	var words []Word
	for _, field := range strings.Fields(text) {
		opens, closes := strings.HasPrefix(field, "{"), strings.HasSuffix(field, "}")
		field = strings.TrimSuffix(strings.TrimPrefix(field, "{"), "}")
		inside = inside || opens
		w := Word{Text: field}
		if inside {
			w.Topic = topic
		}
		words = append(words, split(w)...)
		if closes {
			inside = false
		}
	}
	return words
}

// split parts a word from the marks that close it. A word of marks alone
// stays whole.
func split(w Word) []Word {
	text := strings.TrimRight(w.Text, closing)
	if text == "" {
		w.Topic = TopicNone
		w.tight = strings.ContainsAny(w.Text[:1], closing)
		return []Word{w}
	}
	words := []Word{{Text: text, Topic: w.Topic, tight: w.tight}}
	for _, mark := range w.Text[len(text):] {
		words = append(words, Word{Text: string(mark), tight: true})
	}
	return words
}

// plain makes words that speak of nothing.
func plain(text string) []Word { return say(TopicNone, text) }

// aside is a phrase that no label says, such as a side or a degree.
func aside(text string) []Word {
	words := plain(text)
	for i := range words {
		words[i].aside = true
	}
	return words
}

// fill puts words in the place of each % of a template, in order. The
// template's own words speak of nothing.
func fill(template string, parts ...[]Word) []Word {
	var words []Word
	for i, text := range strings.Split(template, "%") {
		own := plain(text)
		if i > 0 {
			words = append(words, parts[i-1]...)
			if len(own) > 0 && !strings.HasPrefix(text, " ") {
				own[0].tight = true
			}
		}
		words = append(words, own...)
	}
	return words
}

// Chunks joins what stands together without a space into one word, which speaks
// of what its first part does. Marks stay apart.
func (s Spoken) Chunks() []Word {
	var list []Word
	for _, w := range s.Words {
		if w.Text == "" {
			continue
		}
		if w.tight && len(list) > 0 && !strings.Contains(closing, w.Text) {
			list[len(list)-1].Text += w.Text
			continue
		}
		list = append(list, w)
	}
	return list
}
