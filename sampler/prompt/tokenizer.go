package prompt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The special tokens that a vocabulary must have.
const (
	tokenPad = "[PAD]"
	tokenUnk = "[UNK]"
	tokenCLS = "[CLS]"
	tokenSep = "[SEP]"
)

// MaxBytes is the longest text that is looked at.
const MaxBytes = 64 << 10

var (
	// ErrVocab is wrapped by errors of a vocabulary that cannot be used.
	ErrVocab = errors.New("prompt: vocabulary refused")
	// ErrTooLong is wrapped by errors of a text with too many tokens or bytes.
	ErrTooLong = errors.New("prompt: too long")
)

// Tokenizer is BERT's WordPiece (Schuster and Nakajima 2012; Devlin et al.
// 2019). It may be used by several goroutines.
type Tokenizer struct {
	pieces    wordPiece
	lowercase bool
	vocab     []string
	max       int
	cls, sep  int32
}

// New returns a tokenizer of a vocabulary, one token an entry, its index being
// the id. lowercase also strips accents. A text may have max tokens, [CLS] and
// [SEP] counted.
func New(vocab []string, lowercase bool, max int) (*Tokenizer, error) {
	ids := make(map[string]int32, len(vocab))
	for id, token := range vocab {
		if _, twice := ids[token]; twice || token == "" {
			return nil, fmt.Errorf("%w: token %d, %q, is empty or there twice", ErrVocab, id, token)
		}
		ids[token] = int32(id)
	}
	for _, token := range []string{tokenPad, tokenUnk, tokenCLS, tokenSep} {
		if _, ok := ids[token]; !ok {
			return nil, fmt.Errorf("%w: it lacks %s", ErrVocab, token)
		}
	}
	if max < 3 {
		return nil, fmt.Errorf("%w: %d tokens leave no room between [CLS] and [SEP]", ErrVocab, max)
	}
	return &Tokenizer{newWordPiece(ids), lowercase, slices.Clone(vocab), max, ids[tokenCLS], ids[tokenSep]}, nil
}

// Size is the number of tokens of the vocabulary.
func (t *Tokenizer) Size() int { return len(t.vocab) }

// Tokens returns the tokens whose ids [Tokenizer.Encode] returns.
func (t *Tokenizer) Tokens(text string, truncate bool) ([]string, error) {
	ids, err := t.Encode(text, truncate)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, len(ids))
	for i, id := range ids {
		tokens[i] = t.vocab[id]
	}
	return tokens, nil
}

// Encode returns the ids of text, [CLS] first and [SEP] last, after
// [Normalize]. Text without a word gives nil: the null condition. With more
// tokens than the limit it is an ErrTooLong that states the count or, when
// truncate is true, the ids of its beginning.
func (t *Tokenizer) Encode(text string, truncate bool) ([]int32, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes of text, at most %d are read", ErrTooLong, len(text), MaxBytes)
	}
	text = Normalize(text)
	if text == "" {
		return nil, nil
	}
	if t.lowercase {
		text = strings.ToLower(withoutAccents(text))
	}
	ids := []int32{t.cls}
	for _, word := range splitWords(text) {
		ids = t.pieces.append(ids, word)
	}
	if len(ids) == 1 {
		return nil, nil // of nothing but accents
	}
	if n := len(ids) + 1; n > t.max {
		if !truncate {
			return nil, fmt.Errorf("%w: %d tokens, the model takes %d (shorten the text, or ask to truncate it)", ErrTooLong, n, t.max)
		}
		ids = ids[:t.max-1]
	}
	return append(ids, t.sep), nil
}

// withoutAccents drops the combining marks of the decomposed text.
func withoutAccents(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
}
