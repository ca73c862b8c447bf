package sampler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/roentgo/roentgo/sampler/model"
	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/weights"
)

// Bounds of the texts of a model file, which are checked before one is split.
const (
	maxToken      = 256      // bytes of a token of the vocabulary
	maxWord       = 256      // bytes of a word of the training captions
	maxWords      = 1 << 17  // words of the training captions
	maxWordsBytes = 16 << 20 // of all words
)

// Verify reads all of a model, holding little of it, and checks every rule
// that [New] would meet: those of the file, its hashes, its configuration, its
// texts and the range of its latents. Errors wrap ErrModel, or those of package
// weights, or are ctx's.
func Verify(ctx context.Context, m *weights.Model) error {
	d, err := Describe(m)
	if err != nil {
		return err
	}
	if _, err := tokenizerOf(m, d.Model); err != nil {
		return err
	}
	if _, err := wordsOf(m); err != nil {
		return err
	}
	return m.Verify(ctx)
}

// checkLatents checks the statistics of the latents, by which they are divided.
func checkLatents(m *weights.Model) error {
	std, err := m.Float32(TensorStd)
	if err != nil {
		return err
	}
	for i, v := range std {
		if !(v > 0) {
			return fmt.Errorf("%w: tensor %q: value %d is %g, it must be above 0", ErrModel, TensorStd, i, v)
		}
	}
	return nil
}

// tokenizerOf reads the vocabulary; nil where the model has no text, or this
// file not its part.
func tokenizerOf(m *weights.Model, c model.Config) (*prompt.Tokenizer, error) {
	if _, there := m.Info(TensorVocab); !c.HasText() || !there && !hasPart(m, weights.PartText) {
		return nil, nil
	}
	list, err := readLines(m, TensorVocab, c.TextVocab, maxToken, int64(c.TextVocab)*(maxToken+1))
	if err != nil {
		return nil, err
	}
	if len(list) != c.TextVocab {
		return nil, fmt.Errorf("%w: %s has %d tokens, the configuration says %d", ErrModel, TensorVocab, len(list), c.TextVocab)
	}
	t, err := prompt.New(list, c.Lowercase, c.Tokens)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return t, nil
}

// wordsOf reads the words of the training captions; nil where the file has none.
func wordsOf(m *weights.Model) (map[string]bool, error) {
	if _, ok := m.Info(TensorWords); !ok {
		return nil, nil
	}
	list, err := readLines(m, TensorWords, maxWords, maxWord, maxWordsBytes)
	if err != nil {
		return nil, err
	}
	words := make(map[string]bool, len(list))
	for _, w := range list {
		words[w] = true
	}
	return words, nil
}

// readLines reads a tensor of bytes as at most so many lines of at most so many
// bytes each. It reads none that has more than maxBytes.
func readLines(m *weights.Model, name string, maxLines, maxLine int, maxBytes int64) ([]string, error) {
	if i, ok := m.Info(name); ok && int64(i.Size) > maxBytes {
		return nil, fmt.Errorf("%w: %s has %d bytes, the limit is %d", ErrModel, name, i.Size, maxBytes)
	}
	text, err := m.Bytes(name)
	if errors.Is(err, weights.ErrMissing) {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	} else if err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	if n := bytes.Count(text, []byte("\n")) + 1; n > maxLines {
		return nil, fmt.Errorf("%w: %s has %d lines, the limit is %d", ErrModel, name, n, maxLines)
	}
	if len(text) == 0 {
		return nil, nil
	}
	list := strings.Split(string(text), "\n")
	for i, line := range list {
		if len(line) > maxLine {
			return nil, fmt.Errorf("%w: %s: line %d has %d bytes, the limit is %d", ErrModel, name, i+1, len(line), maxLine)
		}
	}
	return list, nil
}
