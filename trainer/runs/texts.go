package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/roentgo/roentgo/internal/atomicfile"
	"github.com/roentgo/roentgo/internal/regular"
	"github.com/roentgo/roentgo/sampler"
	"github.com/roentgo/roentgo/trainer/bert"
	"github.com/roentgo/roentgo/weights"
)

// The files of a diffusion run, in its folder, that are about its text.
const (
	VocabFile   = "vocab.txt"    // the vocabulary, one token per line
	wordsFile   = "words.txt"    // the words of the captions, one word per line
	encoderFile = "encoder.json" // an encoderNote, where the encoder is frozen
)

// RunVocab reads the vocabulary of a diffusion run that trained its own text
// encoder: a token per id.
func RunVocab(run string) ([]string, error) { return readLines(filepath.Join(run, VocabFile)) }

// FileVocab returns the vocabulary of a model file: a token per id.
func FileVocab(m *weights.Model) ([]string, error) {
	text, err := m.Bytes(sampler.TensorVocab)
	if err != nil {
		return nil, err
	}
	return linesOf(text)
}

func readLines(path string) ([]string, error) {
	text, err := regular.Read(path, regular.MaxText)
	if err != nil {
		return nil, err
	}
	return linesOf(text)
}

// maxLines is the most tokens or words of a text. A model has no larger vocabulary
// ([model.Config]).
const maxLines = 1 << 18

// linesOf cuts a text into its lines, without their ends.
func linesOf(text []byte) ([]string, error) {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if n := bytes.Count(text, []byte("\n")); n >= maxLines {
		return nil, fmt.Errorf("%w: a list of %d lines, at most %d are allowed", ErrCheckpoint, n+1, maxLines)
	}
	return strings.Split(string(text), "\n"), nil
}

// encoderNote says which frozen encoder a run was trained with.
type encoderNote struct {
	Dir  string `json:"dir"`
	Hash string `json:"sha256"` // of its file of weights
}

func readEncoderNote(run string) (encoderNote, error) {
	var n encoderNote
	data, err := regular.Read(filepath.Join(run, encoderFile), regular.MaxText)
	if err != nil {
		return n, err
	}
	if err := json.Unmarshal(data, &n); err != nil {
		return n, fmt.Errorf("%w: %s: %w", ErrCheckpoint, encoderFile, err)
	}
	return n, nil
}

// WriteTexts writes what an export needs of a run's text: the vocabulary, the words
// of the captions, and which frozen encoder it is trained with; nil: none. It refuses
// another encoder than that of the run's beginning.
func WriteTexts(run string, vocab, words []string, encoder *bert.Encoder) error {
	if err := errors.Join(atomicfile.WriteBytes(filepath.Join(run, VocabFile), true, textOf(vocab)),
		atomicfile.WriteBytes(filepath.Join(run, wordsFile), true, textOf(words))); err != nil || encoder == nil {
		return err
	}
	now := encoderNote{Dir: encoder.Dir, Hash: encoder.Hash}
	if before, err := readEncoderNote(run); err == nil && before.Hash != now.Hash {
		return fmt.Errorf("%w: %s was trained with another text encoder (%s)", ErrCheckpoint, run, before.Dir)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(run, encoderFile), true, append(text, '\n'))
}

// KeepVocab writes the vocabulary to a run's folder. It refuses another one than that
// of the run's beginning.
func KeepVocab(run string, vocab []string) error {
	if err := os.MkdirAll(run, 0o755); err != nil {
		return err
	}
	path, text := filepath.Join(run, VocabFile), textOf(vocab)
	before, err := regular.Read(path, regular.MaxText)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err == nil && !bytes.Equal(before, text) {
		return fmt.Errorf("%w: %s has another vocabulary than the captions need now (choose another --run folder)", ErrCheckpoint, path)
	}
	return atomicfile.WriteBytes(path, true, text)
}

// textOf is a text of lines.
func textOf(lines []string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// OpenEncoder opens the frozen encoder of a run: in dir, or where it was. It
// is nil where the run trained its own.
func OpenEncoder(run, dir string) (*bert.Encoder, error) {
	n, err := readEncoderNote(run)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if dir == "" {
		dir = n.Dir
	}
	e, err := bert.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("%w (the run was trained with this text encoder; say where it is with --text)", err)
	}
	if e.Hash != n.Hash {
		e.Close()
		return nil, fmt.Errorf("%w: %s is not the text encoder that the run was trained with", ErrCheckpoint, dir)
	}
	return e, nil
}
