//go:build libtorch

package train

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/roentgo/roentgo/sampler/prompt"
	"github.com/roentgo/roentgo/trainer/dataset"
	"github.com/roentgo/roentgo/trainer/libtorch"
)

// Reader reads facts from texts with a trained text encoder.
type Reader struct {
	training textTraining
	params   *libtorch.Params
}

// OpenReader opens the run of a text encoder.
func OpenReader(run string) (*Reader, error) {
	trained, err := OpenTrained(run)
	if err != nil {
		return nil, err
	}
	defer trained.Close()
	r := &Reader{}
	t := &r.training
	if err := json.Unmarshal([]byte(trained.Model), &t.Model); err != nil {
		return nil, fmt.Errorf("%w: %s does not state its model: %w", ErrCheckpoint, run, err)
	}
	if t.Vocab, err = readLines(filepath.Join(run, VocabFile)); err != nil {
		return nil, err
	}
	if t.tokens, err = prompt.New(t.Vocab, t.Model.Lowercase, t.Model.Tokens); err != nil {
		return nil, err
	}
	list, err := readerSpecs(t.Model)
	if err != nil {
		return nil, err
	}
	var lacking []string
	if e := libtorch.Try(func() { r.params, lacking, err = newParams(list, trained, 0, false) }); e != nil || err != nil {
		return nil, firstError(e, err)
	}
	if len(lacking) > 0 {
		return nil, fmt.Errorf("%w: %s lacks %d parameters, %q first", ErrCheckpoint, run, len(lacking), lacking[0])
	}
	return r, nil
}

// Read returns the facts of texts.
func (r *Reader) Read(texts []string) (facts []dataset.Facts, err error) {
	err = libtorch.Try(func() {
		libtorch.GradMode(false)
		defer libtorch.GradMode(true)
		ops := libtorch.NewOps(r.params)
		facts = r.training.read(ops, texts)
	})
	return facts, err
}

// Close frees its memory.
func (r *Reader) Close() { r.params.Free() }
