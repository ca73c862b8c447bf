package dataset

import (
	"fmt"
	"strings"

	"github.com/roentgo/roentgo/sampler/noise"
)

// streamPrompt is the stream that random prompts are drawn from.
const streamPrompt = noise.StreamTraining + 1<<25

// Prompt writes random facts as a person might: in any order and form, with
// everyday words, abbreviations, remarks about other things, side and degree,
// and in a quarter of the texts one or two typing errors. The same seed and
// number give the same text. It is what a text encoder is pretrained on.
func Prompt(seed uint64, i int) (string, Facts) {
	w := &writer{seed: seed, image: uint32(i), stream: streamPrompt, free: true}
	f := w.facts()
	w.free = w.chance(80)
	text := trimmed(w.text(f))
	if w.chance(28) {
		text = w.mistyped(text)
		if w.chance(25) {
			text = w.mistyped(text)
		}
	}
	return text, f
}

// HeldOutPrompts lists texts whose forms no [Prompt] has, of every finding
// present and denied, with their facts.
func HeldOutPrompts() (texts []string, facts []Facts) {
	for k := range findingCount {
		for _, name := range terms[k].formal {
			for i, forms := range [][]string{heldOutPresent, heldOutDenied} {
				for _, form := range forms {
					var f Facts
					f.Findings[k] = []State{Present, Denied}[i]
					texts, facts = append(texts, fmt.Sprintf(form, name)), append(facts, f)
				}
			}
		}
	}
	return texts, facts
}

// facts draws random facts.
func (w *writer) facts() Facts {
	var f Facts
	present := []int{0, 0, 0, 1, 1, 1, 1, 2, 2, 3}[w.below(10)]
	denied := []int{0, 0, 0, 1, 1, 2, 2, 3, 4, 5}[w.below(10)]
	for i, k := range w.permutation(findingCount) {
		switch {
		case i < present:
			f.Findings[k] = Present
		case i < present+denied:
			f.Findings[k] = Denied
		}
	}
	f.Normal = present == 0 && w.chance(65)
	if w.chance(50) {
		f.View = w.of(views)
	}
	f.Child = w.chance(10)
	if w.chance(40) {
		f.Sex = w.of(sexes)
	}
	if w.chance(35) {
		f.Decade = 1 + w.below(10)
	}
	if f.Child && f.Decade > 0 {
		f.Decade = 1 + w.below(2)
	} else if f.Decade == 1 {
		f.Child = true
	}
	return f
}

// mistyped changes one letter of a word of at least five letters: it is left
// out, doubled, swapped with the next or taken for another.
func (w *writer) mistyped(text string) string {
	words := strings.Split(text, " ")
	var long []int
	for i, word := range words {
		if len(word) >= 5 && strings.Trim(strings.ToLower(word), letters) == "" {
			long = append(long, i)
		}
	}
	if len(long) == 0 {
		return text
	}
	at := long[w.below(len(long))]
	b := []byte(words[at])
	i := 1 + w.below(len(b)-2)
	switch w.below(4) {
	case 0:
		b = append(b[:i:i], b[i+1:]...)
	case 1:
		b = append(b[:i+1:i+1], b[i:]...)
	case 2:
		b[i], b[i+1] = b[i+1], b[i]
	default:
		b[i] = byte('a' + w.below(26))
	}
	words[at] = string(b)
	return strings.Join(words, " ")
}
