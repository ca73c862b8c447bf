package dataset

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/roentgo/roentgo/sampler/prompt"
)

// words.txt is the project's own list of words that students and radiologists
// may type, beside those of the captions.
//
//go:embed words.txt
var wordList string

// MaxVocab is the largest size of a compact vocabulary.
const MaxVocab = 4096

// ErrVocab is wrapped by errors of a vocabulary that cannot be cut down.
var ErrVocab = errors.New("dataset: vocabulary refused")

// Vocabulary cuts BERT's vocabulary down to what captions and the word list
// need: the special tokens, every printable ASCII character and its
// continuation form, and the WordPiece tokens of every word, lower-case.
func Vocabulary(bert []string) ([]string, error) {
	has := map[string]bool{}
	for _, token := range bert {
		has[token] = true
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
	var tokens []string
	for _, word := range append(CaptionWords(), prompt.Words(strings.Join(strings.Fields(wordList), " "))...) {
		for _, part := range strings.Split(word, "-") {
			for _, token := range pieces(part, has) {
				if !seen[token] {
					seen[token] = true
					tokens = append(tokens, token)
				}
			}
		}
	}
	slices.Sort(tokens)
	if vocab = append(vocab, tokens...); len(vocab) > MaxVocab {
		return nil, fmt.Errorf("%w: %d tokens are needed, at most %d are allowed", ErrVocab, len(vocab), MaxVocab)
	}
	return vocab, nil
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
