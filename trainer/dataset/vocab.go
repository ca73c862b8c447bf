package dataset

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/roentgo/roentgo/sampler/prompt"
)

// words.txt is the project's own list of words that students and radiologists
// may type, beside those of the captions.
//
//go:embed words.txt
var wordList string

// MaxVocab is the largest size of a compact vocabulary.
const MaxVocab = 4096

// CaptionWords lists the words that captions have, sorted: those of images and
// those that the text encoder is trained with, its typing errors apart.
var CaptionWords = sync.OnceValue(func() []string {
	return slices.Sorted(maps.Keys(captionWords()))
})

// KnownWords lists the words of captions that an image can show, sorted, and
// those that captions are made of around them. The words of sides, degrees,
// devices and histories are not among them: the text encoder learns to let them
// pass, so that a prompt's "left" or "severe" changes nothing.
var KnownWords = sync.OnceValue(func() []string {
	var list []string
	for word, known := range captionWords() {
		if known {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return list
})

// captionWords are the words of captions; a word is true where a caption has it
// in what it says of a finding, a view or a patient, or has it other than aside
// and as no word of side or degree.
var captionWords = sync.OnceValue(func() map[string]bool {
	seen, modifier := map[string]bool{}, map[string]bool{}
	for _, text := range slices.Concat(sides, degrees) {
		for _, word := range prompt.Words(text) {
			modifier[word] = true
		}
	}
	split := map[string][]string{} // captions say the same words again and again
	for n := range 40000 {
		d := &writer{image: uint32(n), stream: streamSpeech, loose: true, sober: true}
		for _, w := range d.speak().Words {
			words, known := split[w.Text]
			if !known {
				words = prompt.Words(w.Text)
				split[w.Text] = words
			}
			for _, word := range words {
				seen[word] = seen[word] || w.Topic != TopicNone || !w.aside && !modifier[word]
			}
		}
	}
	for age := 1; age < 120; age++ {
		seen[strconv.Itoa(age)] = true
	}
	return seen
})

// ErrVocab is wrapped by errors of a vocabulary that cannot be cut down.
var ErrVocab = errors.New("dataset: vocabulary refused")

// Vocabulary cuts BERT's vocabulary down to what captions and the word list
// need: the special tokens, every printable ASCII character and its
// continuation form, and the WordPiece tokens of every word, lower-case. The
// words of captions that BERT has in pieces come in whole, so that each of
// "pleural effusion" is one token. Of the words of reports, the most frequent
// come in until it is full; what stays out is spelled.
func Vocabulary(bert, reports []string) ([]string, error) {
	has := map[string]bool{}
	for _, token := range bert {
		has[token] = true
	}
	captions := CaptionWords()
	for _, word := range captions {
		for _, part := range strings.Split(word, "-") {
			if len(part) > 1 && strings.Trim(part, "abcdefghijklmnopqrstuvwxyz") == "" {
				has[part] = true
			}
		}
	}
	vocab := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
	for _, token := range vocab {
		if !has[token] {
			return nil, fmt.Errorf("%w: it has no %s; is it BERT's vocab.txt?", ErrVocab, token)
		}
	}
	for c := '!'; c <= '~'; c++ {
		if c < 'A' || c > 'Z' {
			vocab = append(vocab, string(c), "##"+string(c))
		}
	}
	seen := map[string]bool{}
	for _, token := range vocab {
		seen[token] = true
	}
	add := func(word string) (tokens []string) {
		for _, part := range strings.Split(word, "-") {
			for _, token := range pieces(part, has) {
				if !seen[token] {
					seen[token] = true
					tokens = append(tokens, token)
				}
			}
		}
		return tokens
	}
	var tokens []string
	for _, word := range append(slices.Clone(captions), prompt.Words(strings.Join(strings.Fields(wordList), " "))...) {
		tokens = append(tokens, add(word)...)
	}
	if len(vocab)+len(tokens) > MaxVocab {
		return nil, fmt.Errorf("%w: %d tokens are needed, at most %d are allowed", ErrVocab, len(vocab)+len(tokens), MaxVocab)
	}
	for _, word := range byFrequency(reports) {
		more := add(word)
		if len(vocab)+len(tokens)+len(more) > MaxVocab {
			break
		}
		tokens = append(tokens, more...)
	}
	slices.Sort(tokens)
	return append(vocab, tokens...), nil
}

// byFrequency lists the words of texts, the most frequent first.
func byFrequency(texts []string) []string {
	count := map[string]int{}
	for _, text := range texts {
		for _, word := range prompt.Words(text) {
			count[word]++
		}
	}
	words := slices.Collect(maps.Keys(count))
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return words
}

// pieces is the greedy longest match of WordPiece; nothing when the word
// cannot be spelled.
func pieces(word string, has map[string]bool) []string {
	var list []string
	for at := 0; at < len(word); {
		end := len(word)
		for ; end > at; end-- {
			token := word[at:end]
			if at > 0 {
				token = "##" + token
			}
			if has[token] {
				list = append(list, token)
				break
			}
		}
		if end == at {
			return nil
		}
		at = end
	}
	return list
}
